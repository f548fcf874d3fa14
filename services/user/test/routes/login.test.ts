import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as argon2 from '@node-rs/argon2'
import { testAuth } from '@shop/tests/kit/tokens'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { createTestApp, newAccount, password, type TestApp } from '../app.ts'

let context: TestApp
let account: ReturnType<typeof newAccount>
let userId: string
const verified: string[] = []

before(async () => {
  const verify: typeof argon2.verify = (hash, ...rest) => {
    verified.push(String(hash))
    return argon2.verify(hash, ...rest)
  }
  context = await createTestApp({ algorithm: { hash: argon2.hash, verify } })
  account = newAccount()
  userId = (await context.register(account)).json().id
})
after(() => context.close())

test('POST /users/login returns a Bearer token for an hour, which no cache may store', async () => {
  const response = await context.login({ email: account.email, password })
  assert.equal(response.statusCode, 200, response.body)
  const { accessToken, ...rest } = response.json()
  assert.equal(typeof accessToken, 'string')
  assert.deepEqual(rest, { tokenType: 'Bearer', expiresIn: 3600 })
  assert.equal(response.headers['cache-control'], 'no-store')
})

test('the token verifies with the published keys and carries exactly the documented header and claims', async () => {
  const { accessToken } = (await context.login({ email: account.email, password })).json()
  const keySet = (await context.app.inject('/.well-known/jwks.json')).json()
  const { payload, protectedHeader } = await jwtVerify(accessToken, createLocalJWKSet(keySet))

  assert.deepEqual(protectedHeader, { alg: 'ES256', typ: 'at+jwt', kid: keySet.keys[0].kid })
  const { iat = 0, exp = 0, jti, ...rest } = payload
  assert.deepEqual(rest, {
    sub: userId,
    role: 'customer',
    iss: testAuth.authIssuer,
    aud: testAuth.authAudience,
  })
  assert.equal(exp - iat, 3600)
  assert.ok(Math.abs(iat - Date.now() / 1000) < 10)
  assert.match(String(jti), /^[\da-f-]{36}$/)
})

test('no two tokens are the same', async () => {
  const tokens = await Promise.all([1, 2].map(() => context.login({ email: account.email, password })))
  assert.notEqual(tokens[0]?.json().accessToken, tokens[1]?.json().accessToken)
})

test("an admin's token has the role admin", async () => {
  const admin = newAccount()
  const { id } = (await context.register(admin)).json()
  await context.database.owner.query({ text: `UPDATE users SET role = 'admin' WHERE id = $1`, values: [id] })
  const { accessToken } = (await context.login({ email: admin.email, password })).json()
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString())
  assert.equal(claims.role, 'admin')
})

test('the email logs in however it is capitalised', async () => {
  assert.equal((await context.login({ email: account.email.toUpperCase(), password })).statusCode, 200)
})

test('a lone surrogate is not accepted in place of the character that it would be hashed as', async () => {
  const replaced = { ...newAccount(), password: 'secret \ufffd secret' }
  await context.register(replaced)
  const login = async (text: string) =>
    (await context.login({ email: replaced.email, password: text })).statusCode
  assert.equal(await login(replaced.password), 200)
  assert.equal(await login('secret \ud83d secret'), 401)
})

test('every failed login gets the same answer, after the same work', async () => {
  const attempts = {
    'unknown email': { email: 'nobody@example.com', password },
    'wrong password': { email: account.email, password: 'another password' },
    'password in capitals': { email: account.email, password: password.toUpperCase() },
    'no password': { email: account.email, password: '' },
    'a password that could not be registered': { email: account.email, password: 'x' },
    'a very long password': { email: account.email, password: 'x'.repeat(1024) },
    'half a character': { email: account.email, password: '\ud83d' },
    NUL: { email: account.email, password: `${password}\u0000` },
    'the hash itself': { email: account.email, password: verified.at(-1) ?? '' },
  }
  for (const [name, attempt] of Object.entries(attempts)) {
    verified.length = 0
    const response = await context.login(attempt)
    assert.equal(response.statusCode, 401, name)
    assert.equal(response.headers['www-authenticate'], 'Bearer', name)
    assert.equal(response.headers['cache-control'], 'no-store', name)
    const { requestId, ...problem } = response.json()
    assert.deepEqual(
      problem,
      {
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        detail: 'Wrong email or password.',
        code: 'invalid_credentials',
      },
      name,
    )
    const work = verified.map((hash) => argon2.parseOptions(hash))
    assert.deepEqual(
      work,
      [
        {
          algorithm: 2,
          version: 1,
          memoryCost: 19_456,
          timeCost: 2,
          parallelism: 1,
          saltLen: 16,
          outputLen: 32,
        },
      ],
      name,
    )
  }
})
