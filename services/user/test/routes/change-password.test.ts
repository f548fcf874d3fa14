import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { cookieOf, createTestApp, newAccount, password, type TestApp } from '../app.ts'

const newPassword = 'another good password'

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

async function change(body: object, cookie?: string) {
  const headers = { ...(await context.asUser(id)), ...(cookie && { cookie }) }
  return context.app.inject({ method: 'POST', url: '/users/me/password', body, headers })
}

const login = (text = password) => context.login({ email: account.email, password: text })

test('POST /users/me/password changes the password, and only the new one logs in', async () => {
  const response = await change({ currentPassword: password, newPassword })
  assert.equal(response.statusCode, 204, response.body)
  assert.equal(response.body, '')
  assert.equal(response.headers['cache-control'], 'no-store')
  assert.equal((await login()).statusCode, 401)
  assert.equal((await login(newPassword)).statusCode, 200)
  const me = (await context.app.inject({ url: '/users/me', headers: await context.asUser(id) })).json()
  assert.ok(me.updatedAt > me.createdAt)
})

test('a change of password ends all sessions of this user and of no other', async () => {
  const cookies = [cookieOf(await login()), cookieOf(await login())]
  const other = newAccount()
  await context.register(other)
  const others = cookieOf(await context.login({ email: other.email, password }))

  const response = await change({ currentPassword: password, newPassword })
  assert.equal(response.headers['set-cookie'], undefined)
  for (const cookie of cookies) assert.equal((await context.refresh(cookie)).statusCode, 401)
  assert.equal((await context.refresh(others)).statusCode, 200)
})

test('the session that changes the password goes on with a new cookie, and its old cookie ends', async () => {
  const [own, other] = [cookieOf(await login()), cookieOf(await login())]
  const response = await change({ currentPassword: password, newPassword }, own)
  assert.equal(response.statusCode, 204)
  assert.match(
    String(response.headers['set-cookie']),
    /; Max-Age=2592000; Path=\/users; HttpOnly; SameSite=Strict; Secure$/,
  )
  const renewed = cookieOf(response)
  for (const cookie of [own, other]) assert.equal((await context.refresh(cookie)).statusCode, 401)
  assert.equal((await context.refresh(renewed)).statusCode, 200)
})

test("another user's cookie is left alone", async () => {
  const other = newAccount()
  await context.register(other)
  const others = cookieOf(await context.login({ email: other.email, password }))
  const response = await change({ currentPassword: password, newPassword }, others)
  assert.equal(response.headers['set-cookie'], undefined)
  assert.equal((await context.refresh(others)).statusCode, 200)
})

test('a wrong current password changes nothing and gets the answer of a failed login', async () => {
  const cookie = cookieOf(await login())
  const response = await change({ currentPassword: `${password}!`, newPassword }, cookie)
  const { requestId, ...problem } = response.json()
  const { requestId: _, ...failedLogin } = (await login(`${password}!`)).json()
  assert.deepEqual(problem, failedLogin)
  assert.equal(response.statusCode, 401)
  assert.equal(response.headers['set-cookie'], undefined)
  assert.equal((await login()).statusCode, 200)
  assert.equal((await context.refresh(cookie)).statusCode, 200)
})

test('a lone surrogate is not accepted in place of the character that it would be hashed as', async () => {
  const replaced = 'secret \ufffd secret'
  assert.equal((await change({ currentPassword: password, newPassword: replaced })).statusCode, 204)
  const withSurrogate = { currentPassword: 'secret \ud83d secret', newPassword }
  assert.equal((await change(withSurrogate)).statusCode, 401)
  assert.equal((await change({ currentPassword: replaced, newPassword })).statusCode, 204)
})

for (const text of ['1234567', 'x'.repeat(129), ' '.repeat(10), 'null\u0000null'])
  test(`the new password ${JSON.stringify(text.slice(0, 12))} is refused as in a registration`, async () => {
    const response = await change({ currentPassword: password, newPassword: text })
    assert.equal(response.statusCode, 400)
    assert.equal(response.json().errors[0].pointer, '/newPassword')
    assert.equal((await login()).statusCode, 200)
  })

test('of simultaneous changes with the same current password one succeeds, and its password logs in', async () => {
  const passwords = Array.from({ length: 6 }, (_, index) => `password number ${index}`)
  const responses = await Promise.all(
    passwords.map((text) => change({ currentPassword: password, newPassword: text })),
  )
  const statuses = responses.map(({ statusCode }) => statusCode)
  assert.deepEqual(statuses.toSorted(), [204, 401, 401, 401, 401, 401])
  assert.equal((await login(passwords[statuses.indexOf(204)])).statusCode, 200)
})

test('no session survives that was opened with the old password during a change', async () => {
  const logins = Array.from({ length: 8 }, () => login())
  const [changed, ...sessions] = await Promise.all([
    change({ currentPassword: password, newPassword }),
    ...logins,
  ])
  assert.equal(changed?.statusCode, 204)
  for (const session of sessions) {
    if (session.statusCode === 401) continue
    assert.equal(session.statusCode, 200, session.body)
    assert.equal((await context.refresh(cookieOf(session))).statusCode, 401)
  }
})
