import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { type TestContext, test } from 'node:test'
import { cookieOf, createTestApp, newAccount, password, type TestAppOptions } from '../app.ts'

const proxy = '10.0.0.1'

async function start(t: TestContext, limits: { attemptsPerAddress?: number; failuresPerAccount?: number }) {
  const trustedProxies = new BlockList()
  trustedProxies.addAddress(proxy)
  const options: TestAppOptions = {
    credentialLimits: { attemptsPerAddress: 1000, failuresPerAccount: 4, ...limits },
    trustedProxies,
    now: () => 0,
  }
  const context = await createTestApp(options)
  t.after(() => context.close())
  const account = newAccount()
  await context.register(account)
  return { context, account }
}

/** Sends a request that comes through the proxy from this address. */
const from = (address: string) => ({ remoteAddress: proxy, headers: { 'x-forwarded-for': address } })

test('guessing gets the same answers with and without an account: a number of 401s, then 429', async (t) => {
  const { context, account } = await start(t, {})
  const answersFor = async (email: string, address: string) => {
    const answers = []
    for (let i = 0; i < 6; i++) {
      const response = await context.login({ email, password: `guess ${i}` }, from(address))
      const { requestId, ...problem } = response.json()
      const { date, 'x-request-id': id, ...headers } = response.headers
      answers.push({ status: response.statusCode, problem, headers })
    }
    return answers
  }
  const known = await answersFor(account.email, '203.0.113.1')
  const unknown = await answersFor('nobody-has-this@example.com', '203.0.113.2')
  assert.deepEqual(
    known.map(({ status }) => status),
    [401, 401, 401, 401, 429, 429],
  )
  assert.deepEqual(unknown, known)
  assert.equal(known.at(-1)?.headers['retry-after'], '60')
  assert.equal(known.at(-1)?.problem.code, 'too_many_requests')
  assert.deepEqual(
    known.map(({ headers }) => headers.ratelimit),
    [
      '"address";r=999;t=1',
      '"address";r=998;t=1',
      '"address";r=997;t=1',
      '"address";r=996;t=1',
      '"address";r=995;t=1, "account";r=0;t=60',
      '"address";r=994;t=1, "account";r=0;t=60',
    ],
  )
  assert.equal(known[0]?.headers['ratelimit-policy'], '"address";q=1000;w=60')
  assert.equal(known[4]?.headers['ratelimit-policy'], '"address";q=1000;w=60, "account";q=4;w=240')
})

test('while an account is attacked, its owner can log in from a known address', async (t) => {
  const { context, account } = await start(t, {})
  const login = { email: account.email, password }
  assert.equal((await context.login(login, from('198.51.100.1'))).statusCode, 200)
  for (let i = 0; i < 8; i++)
    await context.login({ ...login, password: `guess ${i}` }, from(`203.0.113.${i}`))
  assert.equal((await context.login(login, from('198.51.100.2'))).statusCode, 429)
  assert.equal((await context.login(login, from('198.51.100.1'))).statusCode, 200)
})

test('an address is slowed down whatever accounts it tries, and whatever X-Forwarded-For it sends', async (t) => {
  const { context } = await start(t, { attemptsPerAddress: 5 })
  const statuses: number[] = []
  for (let i = 0; i < 7; i++) {
    const claimed = from(`192.0.2.${i}, 203.0.113.1`)
    const { statusCode } = await context.login({ email: `${i}@example.com`, password }, claimed)
    statuses.push(statusCode)
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429])
  // a header that none of our proxies wrote is ignored
  const direct = { remoteAddress: '203.0.113.1', headers: { 'x-forwarded-for': '192.0.2.99' } }
  assert.equal((await context.login({ email: 'a@example.com', password }, direct)).statusCode, 429)
  assert.equal(
    (await context.login({ email: 'a@example.com', password }, from('203.0.113.2'))).statusCode,
    401,
  )
})

test('registrations are also counted', async (t) => {
  const { context, account } = await start(t, { attemptsPerAddress: 5 })
  const register = () => context.register(account)
  const statuses = []
  for (let i = 0; i < 5; i++) statuses.push((await register()).statusCode)
  assert.deepEqual(statuses, [409, 409, 409, 409, 429])
})

test('refreshes are counted by address together with passwords; logging out is not', async (t) => {
  const { context, account } = await start(t, { attemptsPerAddress: 5 })
  const address = from('203.0.113.1')
  const cookie = cookieOf(await context.login({ email: account.email, password }, address))
  const statuses = []
  for (let i = 0; i < 5; i++) statuses.push((await context.refresh(cookie, address)).statusCode)
  assert.deepEqual(statuses, [200, 200, 200, 200, 429])
  assert.equal((await context.login({ email: account.email, password }, address)).statusCode, 429)
  const headers = { ...address.headers, cookie }
  const logout = { method: 'POST', url: '/users/logout', body: {}, remoteAddress: proxy, headers } as const
  assert.equal((await context.app.inject(logout)).statusCode, 204)
})

for (const [method, url, body] of [
  ['POST', '/users/me/password', { currentPassword: 'a guess', newPassword: 'another password' }],
  ['DELETE', '/users/me', { password: 'a guess' }],
] as const) {
  test(`guessing by ${method} ${url} counts for the account, together with logins`, async (t) => {
    const { context, account } = await start(t, {})
    const login = { email: account.email, password }
    const { accessToken } = (await context.login(login, from('203.0.113.9'))).json()
    const address = from('203.0.113.1')
    const headers = { ...address.headers, authorization: `Bearer ${accessToken}` }
    const guess = () => context.app.inject({ method, url, body, ...address, headers })

    const statuses = []
    for (let i = 0; i < 2; i++) statuses.push((await guess()).statusCode)
    for (let i = 0; i < 2; i++)
      statuses.push((await context.login({ ...login, password: 'a guess' }, address)).statusCode)
    statuses.push((await guess()).statusCode)
    assert.deepEqual(statuses, [401, 401, 401, 401, 429])
    // with the right password too, or guessing would pay off
    const right = { currentPassword: password, newPassword: 'another password' }
    const request = { method, url, ...address, headers, body: method === 'POST' ? right : { password } }
    assert.equal((await context.app.inject(request)).statusCode, 429)
    assert.equal((await context.login(login, from('203.0.113.9'))).statusCode, 200)
  })
}
