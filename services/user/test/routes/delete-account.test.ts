import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import { cookieOf, createTestApp, newAccount, password, type TestApp } from '../app.ts'

let context: TestApp
let account: ReturnType<typeof newAccount>
let id: string

before(async () => {
  context = await createTestApp()
})
after(() => context.close())
beforeEach(async () => {
  account = newAccount()
  id = (await context.register(account)).json().id
})

async function remove(body: object = { password }, cookie?: string) {
  const headers = { ...(await context.asUser(id)), ...(cookie && { cookie }) }
  return context.app.inject({ method: 'DELETE', url: '/users/me', body, headers })
}

const login = () => context.login({ email: account.email, password })

test('DELETE /users/me leaves a row without email, name and password', async () => {
  const response = await remove()
  assert.equal(response.statusCode, 204, response.body)
  assert.equal(response.body, '')
  const [row] = await context.database.owner.query({
    text: `SELECT email, name, password_hash AS hash, role, deleted_at BETWEEN created_at AND now() AS "isDeleted",
        updated_at > created_at AS "isChanged" FROM users WHERE id = $1`,
    values: [id],
  })
  assert.deepEqual(row, {
    email: null,
    name: null,
    hash: null,
    role: 'customer',
    isDeleted: true,
    isChanged: true,
  })
})

test('after that nobody can log in or refresh, and the email is free for a new account', async () => {
  const cookies = [cookieOf(await login()), cookieOf(await login())]
  const response = await remove({ password }, cookies[0])
  assert.match(String(response.headers['set-cookie']), /^refresh_token=; Max-Age=0; Path=\/users; /)
  assert.equal((await login()).statusCode, 401)
  for (const cookie of cookies) assert.equal((await context.refresh(cookie)).statusCode, 401)

  const again = await context.register({ ...account, email: account.email.toUpperCase() })
  assert.equal(again.statusCode, 201, again.body)
  assert.notEqual(again.json().id, id)
  assert.equal((await login()).statusCode, 200)
})

test("another user's cookie is left alone", async () => {
  const other = newAccount()
  await context.register(other)
  const others = cookieOf(await context.login({ email: other.email, password }))
  assert.equal((await remove({ password }, others)).headers['set-cookie'], undefined)
  assert.equal((await context.refresh(others)).statusCode, 200)
})

test('access tokens of a deleted user are refused immediately, on every route of this service', async () => {
  const headers = await context.asUser(id)
  const asAdmin = await context.asUser(id, 'admin')
  // in the cache of verified tokens
  assert.equal((await context.app.inject({ url: '/users/me', headers })).statusCode, 200)
  await remove()
  const someoneElse = (await context.register(newAccount())).json()
  const newPassword = 'another good password'
  const requests = [
    { url: '/users/me', headers },
    { url: `/users/${id}`, headers },
    { url: `/users/${id}`, headers: asAdmin },
    { url: `/users/${someoneElse.id}`, headers: asAdmin },
    { url: `/users?ids=${someoneElse.id}`, headers: asAdmin },
    { url: `/users?email=${someoneElse.email}`, headers: asAdmin },
    { method: 'PATCH', url: '/users/me', headers, body: { name: 'Zoë' } },
    { method: 'POST', url: '/users/me/password', headers, body: { currentPassword: password, newPassword } },
    { method: 'DELETE', url: '/users/me', headers, body: { password } },
  ] as const
  for (const request of requests) {
    const response = await context.app.inject(request)
    assert.equal(response.statusCode, 401, request.url)
    assert.equal(response.headers['www-authenticate'], 'Bearer error="invalid_token"')
    const { code, detail } = response.json()
    assert.deepEqual([code, detail], ['invalid_token', 'This account was deleted.'])
  }
})

test('an admin gets the same 404 for a deleted user as for an unknown one', async () => {
  await remove()
  const headers = await context.asUser(uuidv7(), 'admin')
  const [deleted, unknown] = await Promise.all(
    [id, uuidv7()].map(async (each) => {
      const response = await context.app.inject({ url: `/users/${each}`, headers })
      const { requestId, ...problem } = response.json()
      return { status: response.statusCode, problem }
    }),
  )
  assert.equal(deleted?.status, 404)
  assert.deepEqual(deleted, unknown)
})

test('a wrong password deletes nothing and gets the answer of a failed login', async () => {
  const cookie = cookieOf(await login())
  const response = await remove({ password: `${password}!` }, cookie)
  assert.equal(response.statusCode, 401)
  assert.equal(response.json().code, 'invalid_credentials')
  assert.equal(response.headers['www-authenticate'], 'Bearer')
  assert.equal((await context.refresh(cookie)).statusCode, 200)
})

test('no session survives that was opened during the deletion', async () => {
  const [deleted, ...sessions] = await Promise.all([remove(), ...Array.from({ length: 8 }, login)])
  assert.equal(deleted?.statusCode, 204)
  for (const session of sessions) {
    if (session.statusCode === 401) continue
    assert.equal((await context.refresh(cookieOf(session))).statusCode, 401)
  }
  const left = await context.database.owner.query({
    text: 'SELECT FROM sessions WHERE user_id = $1',
    values: [id],
  })
  assert.equal(left.length, 0)
})
