import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestApp, newAccount, type TestApp } from './app.ts'

let context: TestApp
const logLines: string[] = []

before(async () => {
  context = await createTestApp({ logLines })
})
after(() => context.close())

test('no password, token, hash or private key gets into the log, whatever happens', async () => {
  const password = 'canary-in-the-password'
  const account = { ...newAccount(), password }
  const { email } = account
  const { id } = (await context.register(account)).json()
  await context.register(account)
  await context.register({ ...account, email: password })
  await context.register({ ...account, [password]: password })
  await context.login({ email, password: `${password}!` })
  await context.login({ email: 'nobody@example.com', password })
  await context.app.inject({
    method: 'POST',
    url: '/users/login',
    body: `{"password": "${password}"`,
    headers: { 'content-type': 'application/json' },
  })
  const { accessToken } = (await context.login({ email, password })).json() as { accessToken: string }
  const headers = { authorization: `Bearer ${accessToken}` }
  await context.app.inject({ url: '/users/me', headers })
  await context.app.inject({ url: '/users/me', headers: { authorization: `${headers.authorization}x` } })
  await context.app.inject({ url: '/.well-known/jwks.json' })

  const { owner } = context.database
  const { privateKey } = await context.keys.currentKey()
  // server errors: an invalid hash, then a row that the database refuses
  await owner.query({ text: `UPDATE users SET password_hash = '$argon2id$canary' WHERE id = '${id}'` })
  assert.equal((await context.login({ email, password })).statusCode, 500)
  await owner.query({ text: 'ALTER TABLE users ADD CHECK (length(name) < 1) NOT VALID' })
  assert.equal((await context.register({ ...newAccount(), password })).statusCode, 500)

  const log = logLines.join('')
  assert.match(log, /"route":"\/users\/login","status":200/)
  assert.match(log, /"status":500/)
  const [, payload = '', signature = ''] = accessToken.split('.')
  const canaries = { password, payload, signature, privatePart: privateKey.d, hash: '$argon2id$' }
  for (const [name, canary] of Object.entries(canaries)) {
    assert.ok(canary)
    assert.ok(!log.includes(canary), name)
  }
})
