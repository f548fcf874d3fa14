import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'
import { createUserService, type Trouble, type UserService } from '../user-service.ts'

type Order = { id: string; userId: string; customer: unknown }

const logLines: string[] = []
let context: TestApp
let userService: UserService
let operator: { authorization: string }
/** Their orders are in turns; the account of the third one is closed. */
let users: [string, string, string]
let orderIds: string[]

const accountOf = (id: string) => ({ id, name: `Name of ${id.slice(-3)}`, email: `${id}@Example.com` })

before(async () => {
  const accounts: ReturnType<typeof accountOf>[] = []
  userService = createUserService(accounts)
  context = await createTestApp({ users: userService.users, logLines })
  operator = await asUser(uuidv7(), 'admin')
  const { database } = context
  users = [await insertUser(database), await insertUser(database), await insertUser(database)]
  // the User service may send more than it is asked for
  accounts.push(...users.slice(0, 2).map((id) => ({ ...accountOf(id), role: 'customer' })))
  const productId = await insertProduct(database)
  orderIds = []
  for (let n = 0; n < 9; n++)
    orderIds.push(await insertOrder(database, { userId: users[n % 3] as string, productId }))
})
afterEach(() => userService.setTrouble(undefined))
after(async () => {
  await context.close()
  await userService.close()
})

const ask = (path: string, headers: Record<string, string> = {}) =>
  context.app.inject({ url: `/admin/orders${path}`, headers: { ...operator, ...headers } })

test("a page has its customers' names and emails, by one call with the operator's own token", async () => {
  const before = userService.calls.length
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const response = await ask('', { 'x-request-id': 'req-1', traceparent, 'x-secret': 'x', cookie: 'a=1' })
  const { data, meta } = response.json() as { data: Order[]; meta: { customers: string } }
  assert.equal(data.length, 9)
  assert.equal(meta.customers, 'available')
  for (const { userId, customer } of data)
    assert.deepEqual(customer, userId === users[2] ? null : accountOf(userId))
  const calls = userService.calls.slice(before)
  assert.equal(calls.length, 1)
  const [{ path, headers } = { path: '', headers: {} }] = calls
  const ids = new URL(path, 'http://user.test').searchParams.get('ids')?.split(',')
  assert.deepEqual(ids?.toSorted(), users.toSorted())
  assert.deepEqual(headers, {
    accept: 'application/json',
    'x-request-id': String(response.headers['x-request-id']),
    authorization: operator.authorization,
    traceparent,
  })
})

test('a page without orders asks for no customers', async () => {
  const before = userService.calls.length
  const { data, meta } = (await ask(`?userId=${uuidv7()}`)).json()
  assert.deepEqual([data, meta.customers], [[], 'available'])
  assert.equal(userService.calls.length, before)
})

test('an email is looked up in one more call', async () => {
  const before = userService.calls.length
  const { data } = (await ask(`?email=${users[0]}@example.com`)).json() as { data: Order[] }
  assert.equal(data.length, 3)
  assert.ok(data.every(({ userId }) => userId === users[0]))
  assert.equal(userService.calls.length, before + 2)
})

test('one order has its customer, and null if the account is closed', async () => {
  const before = userService.calls.length
  for (const [index, expected] of [
    [0, accountOf(users[0])],
    [2, null],
  ] as const) {
    const response = await ask(`/${orderIds[index]}`)
    assert.equal(response.statusCode, 200)
    assert.deepEqual(response.json().customer, expected)
  }
  assert.equal(userService.calls.length, before + 2)
})

test('a customer whose identity provider tells neither name nor email is shown without', async (t) => {
  const anonymous = { id: '', name: null, email: null }
  const service = createUserService([anonymous])
  const own = await createTestApp({ users: service.users })
  t.after(() => Promise.all([own.close(), service.close()]))
  const userId = await insertUser(own.database)
  anonymous.id = userId
  const orderId = await insertOrder(own.database, { userId, productId: await insertProduct(own.database) })
  const { data } = (await own.app.inject({ url: '/admin/orders', headers: operator })).json()
  const one = (await own.app.inject({ url: `/admin/orders/${orderId}`, headers: operator })).json()
  assert.deepEqual([data[0].customer, one.customer], [anonymous, anonymous])
  const byEmail = await own.app.inject({ url: '/admin/orders?email=a@example.com', headers: operator })
  assert.deepEqual([byEmail.statusCode, byEmail.json().data], [200, []])
})

const troubles: [trouble: Trouble, status: number, code: string][] = [
  ['stopped', 503, 'upstream_unavailable'],
  ['slow', 504, 'upstream_timeout'],
  [400, 502, 'upstream_error'],
  [401, 401, 'invalid_token'],
  [403, 403, 'upstream_forbidden'],
  [404, 502, 'upstream_error'],
  [429, 503, 'upstream_unavailable'],
  [500, 502, 'upstream_error'],
  [503, 503, 'upstream_unavailable'],
]

for (const [trouble, status, code] of troubles) {
  const what = typeof trouble === 'number' ? `answers ${trouble}` : `is ${trouble}`
  test(`when the User service ${what}, orders come without customers, and say so`, async () => {
    userService.setTrouble(trouble)
    const list = await ask('')
    assert.equal(list.statusCode, 200, list.body)
    const { data, meta } = list.json() as { data: Order[]; meta: { customers: string } }
    assert.equal(data.length, 9)
    assert.equal(meta.customers, 'unavailable')
    assert.ok(data.every(({ customer }) => customer === null))
    const one = await ask(`/${orderIds[0]}`)
    assert.deepEqual([one.statusCode, one.json().customer], [200, null])
  })

  test(`when the User service ${what}, a search by email is a ${status} ${code}`, async () => {
    userService.setTrouble(trouble)
    const response = await ask(`?email=${users[0]}@example.com`)
    assert.deepEqual([response.statusCode, response.json().code], [status, code])
  })
}

test('without a User service, orders come without customers, and a search by email is a 503', async (t) => {
  const alone = await createTestApp()
  t.after(() => alone.close())
  const { database, app } = alone
  const orderId = await insertOrder(database, {
    userId: await insertUser(database),
    productId: await insertProduct(database),
  })
  const { data, meta } = (await app.inject({ url: '/admin/orders', headers: operator })).json()
  assert.deepEqual([data[0].id, data[0].customer, meta.customers], [orderId, null, 'unavailable'])
  const one = await app.inject({ url: `/admin/orders/${orderId}`, headers: operator })
  assert.equal(one.json().customer, null)
  const byEmail = await app.inject({ url: '/admin/orders?email=a@example.com', headers: operator })
  assert.deepEqual([byEmail.statusCode, byEmail.json().code], [503, 'upstream_unavailable'])
})

test('names and emails of customers are not logged', async () => {
  userService.setTrouble(500)
  await ask(`?email=${users[0]}@example.com`)
  userService.setTrouble('stopped')
  await ask(`?email=${users[0]}@example.com`)
  const log = logLines.join('')
  assert.match(log, /upstream call failed/)
  for (const secret of ['example.com', 'Example.com', 'Name of']) assert.ok(!log.includes(secret), secret)
})
