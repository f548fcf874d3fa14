import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { authSettings } from '@shop/service/auth/settings'
import { readConfig } from '@shop/service/config'
import { createTestDatabase } from '@shop/tests/kit/database'
import { startProgram, startServiceProcess } from '@shop/tests/kit/service-process'
import { asUser, testAuth, testKeySet } from '@shop/tests/kit/tokens'
import { checkOwnTokens } from '../src/own-tokens.ts'

const main = new URL('../src/main.ts', import.meta.url).pathname

test('the service starts from environment variables alone, creates its key, serves, and stops on SIGTERM', async (t) => {
  const database = await createTestDatabase('user_service')
  t.after(() => database.drop())
  const service = await startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('user_service'),
    AUTH_ISSUER: 'https://issuer.test',
    AUTH_AUDIENCE: 'shop',
    DRAIN_DELAY_MS: '0',
  })
  const keys = await database.owner.query({ text: 'SELECT FROM signing_keys' })
  assert.equal(keys.length, 1)
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200)

  assert.equal(await service.stop(), 'exit code 0')
})

test('without local accounts the service creates no key, and accepts the tokens of the issuer', async (t) => {
  const database = await createTestDatabase('user_service')
  t.after(() => database.drop())
  const issuer = createServer((_request, response) => response.end(JSON.stringify(testKeySet)))
  await once(issuer.listen(0, '127.0.0.1'), 'listening')
  t.after(() => issuer.close())
  const service = await startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('user_service'),
    AUTH_ISSUER: testAuth.authIssuer,
    AUTH_AUDIENCE: testAuth.authAudience,
    AUTH_JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`,
    LOCAL_ACCOUNTS: 'false',
    // with local accounts, this is refused
    AUTH_SCOPE_WRITE: 'orders:write',
    DRAIN_DELAY_MS: '0',
  })
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200)
  assert.equal((await fetch(`${service.url}/.well-known/jwks.json`)).status, 404)
  const id = randomUUID()
  await database.owner.query({ text: `SELECT ensure_user($1, NULL, 'Zoë')`, values: [id] })
  const me = await fetch(`${service.url}/users/me`, { headers: await asUser(id) })
  assert.partialDeepStrictEqual(await me.json(), { id, name: 'Zoë', email: null })
  assert.deepEqual(await database.owner.query({ text: 'SELECT FROM signing_keys' }), [])
  assert.equal(await service.stop(), 'exit code 0')
})

test('without its configuration the service reports everything that is missing and exits', async (t) => {
  const service = startProgram(t, main, { PORT: 'http' })
  assert.equal(await service.ended, 'exit code 1')
  const message = service.output()
  for (const name of ['PORT', 'DATABASE_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE']) {
    assert.match(message, new RegExp(`^  ${name} `, 'm'))
  }
})

test('with local accounts the service refuses settings that its own tokens cannot meet', async (t) => {
  const env = {
    // nothing listens there: what is refused is refused before
    DATABASE_URL: 'postgres://user_service:x@127.0.0.1:9/shop',
    AUTH_ISSUER: 'https://issuer.test',
    AUTH_AUDIENCE: 'shop',
    AUTH_ALGORITHMS: 'RS256',
    AUTH_TOKEN_TYPE: 'JWT,none',
    AUTH_AUDIENCE_CLAIM: '/azp',
    AUTH_USER_ID_CLAIM: '/oid',
    AUTH_SCOPE_READ: 'orders:read',
    AUTH_SCOPE_WRITE: 'orders:write',
  }
  const service = startProgram(t, main, env)
  assert.equal(await service.ended, 'exit code 1')
  const named = [...service.output().matchAll(/^ {2}(AUTH_\w+) must .*LOCAL_ACCOUNTS/gm)].map(
    ([, name]) => name,
  )
  assert.deepEqual(
    named,
    Object.keys(env).filter((name) => !['DATABASE_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE'].includes(name)),
  )
})

test('settings for a further issuer that its own tokens meet are allowed', () => {
  const read = (env: Record<string, string>) =>
    readConfig(authSettings, { AUTH_ISSUER: 'https://issuer.test', AUTH_AUDIENCE: 'shop', ...env })
  for (const env of [
    {},
    { AUTH_TOKEN_TYPE: 'JWT,application/AT+JWT', AUTH_ALGORITHMS: 'RS256,ES256' },
    { AUTH_SCOPE_ADMIN: 'orders:admin', AUTH_ROLE_CLAIM: '/roles', AUTH_ADMIN_ROLES: 'Orders.Admin' },
  ])
    checkOwnTokens(read(env))
})
