import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { cookieOf, createTestApp, newAccount, type TestApp } from './app.ts'
import { pass } from './sessions.ts'

let context: TestApp
const logLines: string[] = []

before(async () => {
  context = await createTestApp({ logLines })
})
after(() => context.close())

/** The secrets of refresh cookies, each sent at least once. */
const cookies: string[] = []
const newPassword = 'canary-in-the-new-password'

/** Uses all routes of sessions with secrets, in right and wrong ways. The password is the same afterwards. */
async function useSession(email: string, password: string, headers: { authorization: string }) {
  const login = async () => {
    const cookie = cookieOf(await context.login({ email, password }))
    cookies.push(cookie.split('=')[1] ?? '')
    return cookie
  }
  const [first, second] = [await login(), await login()]
  cookies.push(cookieOf(await context.refresh(first)).split('=')[1] ?? '')
  await pass(context.database.owner, 31)
  await context.refresh(first)
  await context.refresh(`${second}x`)
  await context.refresh(`${second}; ${second}`)
  await context.refresh(second, { headers: { 'content-type': 'text/plain' }, body: second })
  await context.refresh(second, { body: { [second]: second } })
  const change = (currentPassword: string, newPassword: string) =>
    context.app.inject({
      method: 'POST',
      url: '/users/me/password',
      headers: { ...headers, cookie: second },
      body: { currentPassword, newPassword },
    })
  await change(newPassword, newPassword)
  const renewed = cookieOf(await change(password, newPassword))
  cookies.push(renewed.split('=')[1] ?? '')
  await change(newPassword, password)
  await context.app.inject({
    method: 'DELETE',
    url: '/users/me',
    headers: { ...headers, cookie: renewed },
    body: { password: newPassword },
  })
  await context.logout(renewed)
}

test('no password, token, cookie, hash or private key gets into the log, whatever happens', async () => {
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
  await useSession(email, password, headers)

  const { owner } = context.database
  const { privateKey } = await context.keys.currentKey()
  // server errors: an invalid hash, then a row that the database refuses
  await owner.query({ text: 'ALTER TABLE sessions ADD CHECK (recent IS NULL) NOT VALID' })
  assert.equal((await context.login({ email, password })).statusCode, 500)
  await owner.query({ text: `UPDATE users SET password_hash = '$argon2id$canary' WHERE id = '${id}'` })
  assert.equal((await context.login({ email, password })).statusCode, 500)
  await owner.query({ text: 'ALTER TABLE users ADD CHECK (length(name) < 1) NOT VALID' })
  assert.equal((await context.register({ ...newAccount(), password })).statusCode, 500)

  const log = logLines.join('')
  assert.match(log, /"route":"\/users\/login","status":200/)
  assert.match(log, /"status":500/)
  const [, payload = '', signature = ''] = accessToken.split('.')
  const canaries = { password, payload, signature, privatePart: privateKey.d, hash: '$argon2id$' }
  assert.match(log, /"route":"\/users\/refresh","status":200/)
  assert.match(log, /a refresh token was used again/)
  assert.equal(cookies.length, 4)
  for (const [name, canary] of Object.entries({
    ...canaries,
    newPassword,
    ...Object.fromEntries(cookies.entries()),
  })) {
    assert.ok(canary)
    assert.ok(!log.includes(canary), name)
  }
})
