import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { cookieOf, createTestApp, newAccount, password, type TestApp } from '../app.ts'

let context: TestApp
let email: string

before(async () => {
  context = await createTestApp()
  email = (await context.register(newAccount())).json().email
})
after(() => context.close())

const login = async () => cookieOf(await context.login({ email, password }))
const statusOf = async (cookie: string) => (await context.refresh(cookie)).statusCode

test('POST /users/logout ends this session and no other, and deletes the cookie', async () => {
  const [cookie, other] = [await login(), await login()]
  const response = await context.logout(cookie)
  assert.equal(response.statusCode, 204)
  assert.equal(response.body, '')
  assert.equal(
    response.headers['set-cookie'],
    'refresh_token=; Max-Age=0; Path=/users; HttpOnly; SameSite=Strict; Secure',
  )
  assert.equal(await statusOf(cookie), 401)
  assert.equal(await statusOf(other), 200)
})

test('logging out again, or without a session, gets the same answer', async () => {
  const cookie = await login()
  const { date: _, 'x-request-id': id, ...headers } = (await context.logout(cookie)).headers
  for (const again of [cookie, undefined, 'refresh_token=nonsense', `refresh_token=${'A'.repeat(64)}`]) {
    const response = await context.logout(again)
    assert.equal(response.statusCode, 204)
    const { date: _, 'x-request-id': id, ...rest } = response.headers
    assert.deepEqual(rest, headers)
  }
})

test('logging out with the cookie before the last one ends the session too', async () => {
  const cookie = await login()
  const next = cookieOf(await context.refresh(cookie))
  assert.equal((await context.logout(cookie)).statusCode, 204)
  assert.equal(await statusOf(next), 401)
})
