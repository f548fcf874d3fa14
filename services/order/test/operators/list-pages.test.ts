import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { encodeCursor } from '@shop/service/paging/cursor'
import { asUser } from '@shop/tests/kit/tokens'
import { createTestApp, insertOrder, insertProduct, insertUser } from '../app.ts'
import { placeOrder } from '../changes.ts'
import { anyUsers } from '../users.ts'
import { createThirtyOrders, idsOf } from './thirty-orders.ts'

const { context, operator, userId, productId, rows, ask, list, idsOfAllPages } = await createThirtyOrders()
after(() => context.close())

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
  const [row] = rows as [{ id: string; createdAt: string }]
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
  const [{ id }] = rows as [{ id: string; createdAt: string }]
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
