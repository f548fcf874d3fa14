import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestDatabase } from '@shop/tests/kit/database'
import { startOpenIdProvider } from '@shop/tests/kit/openid-provider'
import { startServiceProcess } from '@shop/tests/kit/service-process'
import { v5 as uuidv5 } from 'uuid'
import { newAccount } from './app.ts'

const main = new URL('../src/main.ts', import.meta.url).pathname

test("the service takes its own tokens and those of a second issuer, which are never another's", async (t) => {
  const database = await createTestDatabase('user_service')
  t.after(() => database.drop())
  const provider = await startOpenIdProvider(t, {
    changeToken: ({ payload }, { accountId }) => {
      if (accountId === 'olivia') payload.roles = ['Orders.Admin']
    },
  })
  const service = await startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('user_service'),
    AUTH_ISSUER: `https://shop.test,${provider.issuer}`,
    AUTH_AUDIENCE: 'accounts,shop',
    AUTH_USER_IDS: 'any',
    AUTH_ROLE_CLAIM: '/role,/roles',
    AUTH_ADMIN_ROLES: 'admin,Orders.Admin',
    DRAIN_DELAY_MS: '0',
  })
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return JSON.parse(await response.text())
  }
  const get = async (path: string, token: string) => {
    const response = await fetch(`${service.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
    return { status: response.status, body: JSON.parse(await response.text()) }
  }

  const account = newAccount()
  const { id } = await post('/users/register', account)
  const { accessToken } = await post('/users/login', { email: account.email, password: account.password })
  assert.equal((await get('/users/me', accessToken)).body.id, id)

  // a subject of the provider that is the id of an account here
  assert.equal((await get('/users/me', await provider.logIn(id))).status, 404)
  assert.equal((await get(`/users/${id}`, await provider.logIn('bob'))).status, 404)
  assert.equal((await get(`/users/${id}`, await provider.logIn('olivia'))).body.id, id)

  // an admin of the provider, whose row says nothing of roles
  const olivia = uuidv5('olivia', uuidv5(provider.issuer, uuidv5.URL))
  await database.owner.query({ text: 'SELECT ensure_user($1, NULL, NULL)', values: [olivia] })
  const me = (await get('/users/me', await provider.logIn('olivia'))).body
  assert.deepEqual([me.id, me.role], [olivia, 'admin'])
  assert.equal(await service.stop(), 'exit code 0')
})
