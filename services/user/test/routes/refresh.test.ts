import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { cookieOf, createTestApp, newAccount, password, type TestApp } from '../app.ts'
import { claimsOf, pass } from '../sessions.ts'

const day = 86_400

let context: TestApp
let userId: string
let email: string
/** The cookie of a new session. */
let first: string
const logLines: string[] = []

before(async () => {
  context = await createTestApp({ logLines })
  const user = (await context.register(newAccount())).json()
  userId = user.id
  email = user.email
})
after(() => context.close())
beforeEach(async () => {
  first = cookieOf(await context.login({ email, password }))
})

const passSeconds = (seconds: number) => pass(context.database.owner, seconds)

/** Refreshes, and returns the next cookie. */
async function next(cookie: string): Promise<string> {
  const response = await context.refresh(cookie)
  assert.equal(response.statusCode, 200, response.body)
  return cookieOf(response)
}

async function assertEnded(cookie: string) {
  const response = await context.refresh(cookie)
  assert.equal(response.statusCode, 401, response.body)
  assert.equal(response.json().code, 'invalid_refresh_token')
  // another tab may have stored another cookie in the meantime
  assert.equal(response.headers['set-cookie'], undefined)
}

test('a login sets a cookie that only this service gets, over TLS, from its own site, for 30 days', async () => {
  const response = await context.login({ email, password })
  assert.match(
    String(response.headers['set-cookie']),
    /^refresh_token=[\w-]{64}; Max-Age=2592000; Path=\/users; HttpOnly; SameSite=Strict; Secure$/,
  )
  assert.ok(!response.body.includes(cookieOf(response).replace('refresh_token=', '')))
})

test('POST /users/refresh answers like a login: an access token of the same user, and the next cookie', async () => {
  const response = await context.refresh(first)
  assert.equal(response.statusCode, 200, response.body)
  const { accessToken, ...rest } = response.json()
  assert.deepEqual(rest, { tokenType: 'Bearer', expiresIn: 3600 })
  assert.equal(response.headers['cache-control'], 'no-store')
  assert.notEqual(cookieOf(response), first)
  const headers = { authorization: `Bearer ${accessToken}` }
  assert.equal((await context.app.inject({ url: '/users/me', headers })).json().id, userId)
})

test('every refresh gives another cookie, and the session goes on for as long as it is used', async () => {
  const cookies = [first]
  for (let i = 0; i < 5; i++) {
    await passSeconds(3600)
    cookies.push(await next(cookies.at(-1) as string))
  }
  assert.equal(new Set(cookies).size, 6)
})

test('a second use within 30 s, by another tab or after a lost answer, gets the same cookie as the first', async () => {
  const second = await next(first)
  await passSeconds(29)
  assert.equal(await next(first), second)
  await passSeconds(3600)
  await next(second)
})

test('a second use within 30 s gets the newest cookie, even if that is already the next but one', async () => {
  const second = await next(first)
  const third = await next(second)
  assert.equal(await next(first), third)
  assert.equal(await next(second), third)
  await passSeconds(3600)
  await next(third)
})

test('a second use after 30 s ends the session for whoever has a cookie of it, and is logged', async () => {
  const second = await next(first)
  const other = cookieOf(await context.login({ email, password }))
  await passSeconds(31)
  logLines.length = 0
  await assertEnded(first)
  await assertEnded(second)
  await next(other)

  const warnings = logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn')
  assert.deepEqual(
    warnings.map(({ msg, userId: id }) => [msg, id]),
    [['a refresh token was used again, so its session was ended', userId]],
  )
})

test('a use long after the next cookie was used ends the session as well', async () => {
  const second = await next(first)
  await passSeconds(3600)
  const third = await next(second)
  await assertEnded(first)
  await assertEnded(third)
})

test('of 50 simultaneous refreshes with one cookie all succeed, with one cookie', async () => {
  const responses = await Promise.all(Array.from({ length: 50 }, () => context.refresh(first)))
  assert.deepEqual([...new Set(responses.map(({ statusCode }) => statusCode))], [200])
  const cookies = [...new Set(responses.map(cookieOf))]
  assert.equal(cookies.length, 1)
  await passSeconds(31)
  await next(String(cookies[0]))
})

test('a client that refreshes without pause stays logged in', async () => {
  let cookie = first
  for (let i = 0; i < 40; i++) cookie = await next(cookie)
  await passSeconds(31)
  await next(cookie)
})

test('a session ends 30 days after its last use', async () => {
  await passSeconds(30 * day - 60)
  const second = await next(first)
  await passSeconds(30 * day - 60)
  const third = await next(second)
  await passSeconds(30 * day)
  await assertEnded(third)
})

test('a session ends 90 days after the login, however much it is used, and the cookie with it', async () => {
  let cookie = first
  for (let i = 0; i < 4; i++) {
    await passSeconds(20 * day)
    cookie = await next(cookie)
  }
  const response = await context.refresh(cookie)
  assert.match(String(response.headers['set-cookie']), new RegExp(`; Max-Age=${10 * day};`))
  await passSeconds(10 * day)
  await assertEnded(cookieOf(response))
})

test('a role that was given or taken meanwhile is in the next access token', async () => {
  const { owner } = context.database
  const setRole = (role: string) =>
    owner.query({ text: 'UPDATE users SET role = $2 WHERE id = $1', values: [userId, role] })
  await setRole('admin')
  const asAdmin = await context.refresh(first)
  assert.equal(claimsOf(asAdmin).role, 'admin')
  await setRole('customer')
  assert.equal(claimsOf(await context.refresh(cookieOf(asAdmin))).role, 'customer')
})
