import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { encodeCursor } from '@shop/service/paging/cursor'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'
import { placeOrder } from '../changes.ts'
import { anyUsers } from '../users.ts'

type Row = { id: string; createdAt: string }

let context: TestApp
let operator: { authorization: string }
let userId: string
let productId: string
/** Newest first; in threes, orders have the same created_at. */
let rows: Row[]

before(async () => {
  context = await createTestApp({ users: anyUsers })
  operator = await asUser(uuidv7(), 'admin')
  userId = await insertUser(context.database)
  productId = await insertProduct(context.database)
  for (let n = 0; n < 30; n++) {
    const createdAt = `2026-03-01T12:00:${String(Math.floor(n / 3)).padStart(2, '0')}.123456Z`
    const status = n % 2 ? 'paid' : 'shipped'
    await insertOrder(context.database, { userId, productId, status, createdAt })
  }
  rows = await context.database.owner.query<Row>({
    text: 'SELECT id, created_at AS "createdAt" FROM orders ORDER BY orders.created_at DESC, id DESC',
  })
})
after(() => context.close())

const ask = (query: Record<string, string>, headers: object = operator) =>
  context.app.inject({ url: `/admin/orders?${new URLSearchParams(query)}`, headers: { ...headers } })

async function list(query: Record<string, string>) {
  const response = await ask(query)
  assert.equal(response.statusCode, 200, response.body)
  return response.json()
}

const idsOf = (page: { data: Row[] }) => page.data.map(({ id }) => id)

/** Returns the ids on all pages of the list. */
async function idsOfAllPages(query: Record<string, string>): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = ''
  do {
    const page = await list({ ...query, ...(cursor && { cursor }) })
    ids.push(...idsOf(page))
    cursor = page.meta.nextCursor
  } while (cursor)
  return ids
}

test('the list has 20 orders and says how it goes on', async () => {
  const { data, meta } = await list({})
  assert.equal(data.length, 20)
  assert.deepEqual({ ...meta, nextCursor: null }, { limit: 20, nextCursor: null, customers: 'available' })
  assert.equal(typeof meta.nextCursor, 'string')
})

for (const query of [
  {},
  { status: 'paid,shipped' },
  { status: 'paid' },
  { userId: 'user' },
  { userId: 'user', status: 'paid,shipped' },
  { productId: 'product' },
] as Record<string, string>[]) {
  for (const limit of ['1', '4', '100']) {
    test(`pages of ${limit} with ${JSON.stringify(query)} neither repeat nor skip orders of the same time`, async () => {
      const given = {
        ...query,
        ...(query.userId && { userId }),
        ...(query.productId && { productId }),
      }
      const { data } = await list({ ...given, limit: '100' })
      assert.deepEqual(await idsOfAllPages({ ...given, limit }), idsOf({ data }))
      assert.ok(data.length >= 15)
    })
  }
}

test('orders that are placed meanwhile do not move the following pages', async (t) => {
  const fresh = await createTestApp({ users: anyUsers })
  t.after(() => fresh.close())
  const owner = await insertUser(fresh.database)
  const product = await insertProduct(fresh.database)
  const insert = (createdAt: string) =>
    insertOrder(fresh.database, { userId: owner, productId: product, createdAt })
  const old: string[] = []
  for (let n = 0; n < 5; n++) old.unshift(await insert(`2026-03-01T00:00:0${n}Z`))
  const seen: string[] = []
  let cursor = ''
  for (let page = 0; page < 3; page++) {
    const url = `/admin/orders?limit=2${cursor && `&cursor=${cursor}`}`
    const { data, meta } = (await fresh.app.inject({ url, headers: operator })).json()
    seen.push(...idsOf({ data }))
    cursor = meta.nextCursor
    await insert('now')
  }
  assert.deepEqual(seen, old)
})

test('a cursor continues only the list of the same filters, whatever their order', async () => {
  const first = await list({ status: 'paid,shipped', limit: '4' })
  const cursor = first.meta.nextCursor
  assert.deepEqual(
    idsOf(await list({ cursor, status: 'shipped,paid', limit: '4', countUpTo: '5', include: 'items' })),
    rows.slice(4, 8).map(({ id }) => id),
  )
  for (const query of [
    {},
    { status: 'paid' },
    { status: 'paid,shipped', userId },
    { status: 'paid,shipped', createdFrom: '2020-01-01T00:00:00Z' },
    { productId },
    { latePayment: 'true' },
  ] as Record<string, string>[]) {
    const response = await ask({ ...query, cursor })
    assert.equal(response.statusCode, 400)
    assert.deepEqual(response.json().errors, [
      { parameter: 'cursor', detail: 'must be the meta.nextCursor of a page of this list' },
    ])
  }
})

test('a forged, damaged or foreign cursor is a 400', async () => {
  const { meta } = await list({ limit: '1' })
  const [row] = rows as [Row]
  const owners = await context.app.inject({ url: '/orders?limit=1', headers: await asUser(userId) })
  for (const cursor of [
    'x',
    'A'.repeat(meta.nextCursor.length),
    `${meta.nextCursor}A`,
    meta.nextCursor.slice(1),
    encodeCursor({ createdAt: row.createdAt, id: row.id }, userId),
    owners.json().meta.nextCursor,
  ]) {
    assert.equal((await ask({ cursor })).statusCode, 400, cursor)
  }
})

test('a cursor with a forged position cannot leave the range of time', async () => {
  const createdTo = '2026-03-01T12:00:05Z'
  const { meta } = await list({ createdTo, limit: '1' })
  // the checksum is not secret: whoever knows what it is made of can make a cursor for any position
  const scope = `admin ${JSON.stringify([[['createdTo', createdTo]], []])}`
  const position = {
    createdAt: '2026-03-01 12:00:04.123456+00',
    id: idsOf(await list({ createdTo, limit: '1' }))[0],
  }
  assert.equal(encodeCursor(position as { createdAt: string; id: string }, scope), meta.nextCursor)
  const late = encodeCursor({ createdAt: 'infinity', id: uuidv7() }, scope)
  assert.deepEqual(await idsOfAllPages({ createdTo }), idsOf(await list({ createdTo, cursor: late })))
})

test('createdFrom and createdTo are half-open, to the microsecond, in any zone', async () => {
  const expected = (from: number, to: number) =>
    rows.filter(({ createdAt }) => {
      const second = Number(createdAt.slice(17, 19))
      return second >= from && second < to
    })
  for (const [createdFrom, createdTo, matching] of [
    ['2026-03-01T12:00:02.123456Z', '2026-03-01T12:00:04.123456Z', expected(2, 4)],
    ['2026-03-01T12:00:02.123457Z', '2026-03-01T12:00:04.123457Z', expected(3, 5)],
    ['2026-03-01T12:00:02.123455Z', '2026-03-01T12:00:02.123456Z', []],
    ['2026-03-01T12:00:02.123456Z', '2026-03-01T12:00:02.123457Z', expected(2, 3)],
    ['2026-03-01T13:00:02.123456+01:00', '2026-03-01T06:30:04.123456-05:30', expected(2, 4)],
    ['2026-03-01t12:00:02z', '2026-03-01T12:00:03.5z', expected(2, 4)],
    ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999999-23:59', rows],
  ] as [string, string, Row[]][]) {
    assert.deepEqual(
      idsOf(await list({ createdFrom, createdTo, limit: '100' })),
      matching.map(({ id }) => id),
      `${createdFrom} ${createdTo}`,
    )
    for (const query of [
      { createdFrom, createdTo },
      { createdFrom, createdTo, userId },
      { createdFrom, createdTo, productId },
    ])
      assert.equal((await list({ ...query, limit: '1', countUpTo: '1000' })).meta.count, matching.length)
  }
})

for (const [query, parameter] of [
  [{ createdFrom: '2026-03-02T00:00:00Z', createdTo: '2026-03-01T00:00:00Z' }, 'createdTo'],
  [{ createdFrom: '2026-03-01T00:00:00Z', createdTo: '2026-03-01T01:00:00+01:00' }, 'createdTo'],
  [{ createdFrom: '2026-03-01' }, 'createdFrom'],
  [{ createdFrom: '2026-02-30T00:00:00Z' }, 'createdFrom'],
  [{ createdFrom: '2026-03-01T00:00:00' }, 'createdFrom'],
  [{ createdFrom: '2026-03-01T00:00:00.1234567Z' }, 'createdFrom'],
  [{ createdFrom: '2026-03-01T00:00:00 01:00' }, 'createdFrom'],
  [{ createdTo: '2026-03-01T24:00:00Z' }, 'createdTo'],
  [{ createdTo: 'infinity' }, 'createdTo'],
] as [Record<string, string>, string][]) {
  test(`${JSON.stringify(query)} is a 400 that names ${parameter}`, async () => {
    const response = await ask(query)
    assert.equal(response.statusCode, 400)
    const { code, errors } = response.json()
    assert.equal(code, 'validation_failed')
    assert.ok(
      errors.every((error: { parameter: string }) => error.parameter === parameter),
      response.body,
    )
  })
}

test('a count stops at countUpTo, and says so', async () => {
  for (const [countUpTo, count, countIsExact] of [
    ['1', 1, false],
    ['29', 29, false],
    ['30', 30, true],
    ['1000', 30, true],
  ] as const) {
    const { meta } = await list({ countUpTo, limit: '1' })
    assert.deepEqual([meta.count, meta.countIsExact], [count, countIsExact])
    const next = await list({ countUpTo, limit: '1', cursor: meta.nextCursor })
    assert.deepEqual(
      [next.meta.count, next.meta.countIsExact],
      [count, countIsExact],
      'the same on each page',
    )
  }
  for (const query of [{ status: 'paid' }, { status: 'paid', userId }] as Record<string, string>[])
    assert.equal((await list({ ...query, countUpTo: '1000' })).meta.count, 15)
  for (const query of [{ status: 'paid,shipped' }, { productId }, { userId }] as Record<string, string>[])
    assert.equal((await list({ ...query, countUpTo: '1000' })).meta.count, 30)
  for (const query of [{ id: rows[0]?.id ?? '' }, { id: rows[0]?.id ?? '', userId }] as Record<
    string,
    string
  >[])
    assert.equal((await list({ ...query, countUpTo: '1' })).meta.count, 1)
})

test('include=items adds the items of each order, for every way to find it', async () => {
  const { id, items, ...order } = await placeOrder(context, userId)
  const single = await list({ limit: '100', include: 'items' })
  for (const row of single.data) assert.equal(row.items.length, row.itemCount)
  for (const query of [
    { id },
    { number: order.number },
    { userId, limit: '1' },
    { status: 'pending,paid', limit: '1' },
    { productId: items[1]?.productId ?? '' },
  ] as Record<string, string>[]) {
    const { data } = await list({ ...query, include: 'items' })
    assert.deepEqual(
      data.map((row: { items: unknown }) => row.items),
      [items],
    )
    const { data: without } = await list(query)
    assert.ok(!('items' in without[0]))
  }
  await context.database.owner.query({ text: 'DELETE FROM orders WHERE id = $1', values: [id] })
})

test('an order in the list has exactly the documented members', async () => {
  const [{ id }] = rows as [Row]
  const { data } = await list({ id })
  const { number, updatedAt, ...rest } = data[0]
  assert.match(number, /^[0-9A-Z]{5}-[0-9A-Z]{5}$/)
  assert.match(updatedAt, /Z$/)
  assert.deepEqual(rest, {
    id,
    version: 2,
    userId,
    status: 'paid',
    productId,
    productName: 'Thing',
    itemCount: 1,
    totalAmount: 1250,
    refundedAmount: 0,
    currency: 'EUR',
    createdAt: '2026-03-01T12:00:09.123Z',
    latePayment: false,
    customer: { id: userId, name: 'Alice', email: 'alice@example.com' },
  })
})

test('a customer gets 403, and a caller without a token 401, before anything else is checked', async () => {
  for (const path of [
    '/admin/orders',
    `/admin/orders/${rows[0]?.id}`,
    '/admin/stats',
    '/admin/orders?limit=0',
  ]) {
    const customer = await context.app.inject({ url: path, headers: await asUser(userId) })
    assert.deepEqual([customer.statusCode, customer.json().code], [403, 'role_required'])
    const anyone = await context.app.inject({ url: path })
    assert.deepEqual([anyone.statusCode, anyone.json().code], [401, 'token_missing'])
  }
})
