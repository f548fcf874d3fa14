import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database, Query, TextRow } from '@shop/service/database/database'
import { NotFoundError, ServiceUnavailableError, ValidationError } from '@shop/service/errors'
import pg from 'pg'
import { createOrderRepository } from '../../src/db/order-repository.ts'
import { orderNumber } from '../../src/order-number.ts'

const userId = '01980000-0000-7000-8000-000000000001'
const productId = '01980000-0000-7000-8000-000000000002'
const orderId = '01980000-0000-7000-8000-000000000003'

const createdAt = '2026-03-01 09:30:00.123456+00'
const updatedAt = '2026-03-01 09:31:00+00'
const row = [
  ...[orderId, createdAt, updatedAt, userId, productId, 'Thing'],
  ...['2', '3850', '100', 'EUR', 'shipped', '4'],
]
const noRow = row.map(() => null)

const order = {
  id: orderId,
  number: '00000-00003',
  version: 4,
  userId,
  status: 'shipped',
  productId,
  productName: 'Thing',
  itemCount: 2,
  totalAmount: 3850,
  refundedAmount: 100,
  currency: 'EUR',
  createdAt: '2026-03-01T09:30:00.123Z',
  updatedAt: '2026-03-01T09:31:00.000Z',
}

const item = { productId, productName: 'Thing', quantity: 3, unitAmount: 1250 }
const items = [
  { position: 1, ...item },
  { position: 2, productId: orderId, productName: 'Part', quantity: 1, unitAmount: 100 },
]
const shippingAddress = {
  name: 'Alice Example',
  line1: '1 Example Street',
  city: 'Exampletown',
  country: 'DE',
}
const metadata = { campaign: 'spring' }
const detailTexts = [
  ...[JSON.stringify(shippingAddress), JSON.stringify(metadata)],
  ...['Post', 'P1', 'https://parcels.example.com/P1', 'f', 'reference'],
]
const details = {
  ...order,
  items,
  shippingAddress,
  metadata,
  shipment: { carrier: 'Post', trackingNumber: 'P1', trackingUrl: 'https://parcels.example.com/P1' },
  latePayment: false,
  actions: [],
}

const newOrder = { userId, items: [item], currency: 'EUR' }

/**
 * Returns a database adapter that answers every statement with `rows`, or fails with `error`, and records the
 * statements.
 */
/** `rows` may depend on the values of the statement. */
function mockDatabase({
  rows = [],
  error,
}: {
  rows?: TextRow[] | ((values: readonly unknown[]) => TextRow[])
  error?: Error
}) {
  const queries: Query[] = []
  const db: Database = {
    async queryTexts(query: Query) {
      queries.push(query)
      if (error) throw error
      return typeof rows === 'function' ? rows(query.values ?? []) : rows
    },
    query: () => assert.fail('texts will do'),
    transaction: () => assert.fail('no transaction is needed'),
    pool: () => assert.fail('nothing is measured'),
    close: async () => {},
  }
  return { orders: createOrderRepository(db), queries }
}

/** Returns the id of the one order in the columns of createOrder's statement. */
const idIn = ([ids]: readonly unknown[]) => String(ids).slice(2, -2)

function constraintError(constraint: string) {
  const error = new pg.DatabaseError('violates a constraint', 0, 'error')
  return Object.assign(error, { code: '23503', severity: 'ERROR', constraint })
}

const naming =
  (...parameters: string[]) =>
  (error: unknown) => {
    assert.ok(error instanceof ValidationError)
    assert.deepEqual(
      error.errors?.map((each) => ('parameter' in each ? each.parameter : '')),
      parameters,
    )
    return true
  }

test('listOrdersByUser maps rows to DTOs', async () => {
  const { orders, queries } = mockDatabase({ rows: [[...row, '1']] })

  assert.deepEqual(await orders.listOrdersByUser(userId, { limit: 5, offset: 2 }), {
    orders: [order],
    count: 1,
    nextCursor: null,
  })
  assert.equal(queries.length, 1)
})

test('listOrdersByUser maps the items to DTOs, if they are asked for', async () => {
  const { orders } = mockDatabase({ rows: [[...row, JSON.stringify(items), '1']] })
  const page = await orders.listOrdersByUser(userId, { withItems: true })
  assert.deepEqual(page.orders, [{ ...order, items }])
})

test('listOrdersByUser without options takes 20 from the start', async () => {
  const { orders, queries } = mockDatabase({ rows: [[...noRow, '0']] })
  await orders.listOrdersByUser(userId)
  // one more than the limit, to know whether there is a next page
  assert.deepEqual(queries[0]?.values, [userId, 21, 0])
})

test('listOrdersByUser without rows returns an empty page', async () => {
  const { orders } = mockDatabase({ rows: [[...noRow, '0']] })
  assert.deepEqual(await orders.listOrdersByUser(userId), { orders: [], count: 0, nextCursor: null })
})

test('the row beyond the limit is not returned, but becomes a cursor that the next call can use', async () => {
  const { orders, queries } = mockDatabase({
    rows: [
      [...row, '2'],
      [userId, ...row.slice(1), '2'],
    ],
  })

  const page = await orders.listOrdersByUser(userId, { limit: 1 })
  assert.equal(page.orders.length, 1)
  await orders.listOrdersByUser(userId, { limit: 1, cursor: page.nextCursor ?? '' })

  assert.deepEqual(queries[1]?.values, [userId, 2, '2026-03-01 09:30:00.123456+00', orderId])
})

const invalidOptions: [options: object, ...parameters: string[]][] = [
  [{ limit: 0 }, 'limit'],
  [{ limit: 101 }, 'limit'],
  [{ limit: 1.5 }, 'limit'],
  [{ limit: Number.NaN }, 'limit'],
  [{ limit: '20' }, 'limit'],
  [{ limit: null }, 'limit'],
  [{ offset: -1 }, 'offset'],
  [{ offset: 10_001 }, 'offset'],
  [{ offset: Number.POSITIVE_INFINITY }, 'offset'],
  [{ limit: 0, offset: -1 }, 'limit', 'offset'],
  [{ status: 'unknown' }, 'status'],
  [{ cursor: 'nonsense' }, 'cursor'],
  [{ cursor: 'x', offset: 0 }, 'offset'],
]

for (const [options, ...parameters] of invalidOptions) {
  test(`listOrdersByUser refuses ${JSON.stringify(options)} before it queries the database`, async () => {
    const { orders, queries } = mockDatabase({})
    await assert.rejects(orders.listOrdersByUser(userId, options), naming(...parameters))
    assert.equal(queries.length, 0)
  })
}

for (const id of ['', '1', `${userId}\u0000`, undefined, null, 7, `urn:uuid:${userId}`]) {
  test(`the id ${JSON.stringify(id)} is refused by every method`, async () => {
    const { orders, queries } = mockDatabase({})
    const bad = id as string
    await assert.rejects(orders.listOrdersByUser(bad), naming('userId'))
    await assert.rejects(orders.findOrder(userId, bad), naming('orderId'))
    await assert.rejects(orders.findOrder(bad, orderId), naming('userId'))
    await assert.rejects(orders.createOrder({ ...newOrder, userId: bad }), naming('userId'))
    await assert.rejects(
      orders.createOrder({ ...newOrder, items: [{ ...item, productId: bad }] }),
      naming('items'),
    )
    assert.equal(queries.length, 0)
  })
}

test('findOrder maps the row to a DTO', async () => {
  const { orders, queries } = mockDatabase({ rows: [[...row, ...detailTexts, JSON.stringify(items)]] })
  assert.deepEqual(await orders.findOrder(userId, orderId), details)
  assert.deepEqual(queries[0]?.values, [orderId, userId])
})

test('an order without address, metadata and shipment has null for them', async () => {
  const nothing = [null, null, null, null, null, 't', null]
  const { orders } = mockDatabase({ rows: [[...row, ...nothing, JSON.stringify(items)]] })
  const { shippingAddress, metadata, shipment, latePayment } = await orders.findOrder(userId, orderId)
  assert.deepEqual([shippingAddress, metadata, shipment, latePayment], [null, null, null, true])
})

test('findOrder without a row is a NotFoundError', async () => {
  const { orders } = mockDatabase({ rows: [] })
  await assert.rejects(orders.findOrder(userId, orderId), (error) => {
    assert.ok(error instanceof NotFoundError)
    assert.equal(error.code, 'order_not_found')
    return true
  })
})

test('createOrder returns what the database stored', async () => {
  const { orders, queries } = mockDatabase({
    rows: (values) => [[idIn(values), createdAt, JSON.stringify(shippingAddress), JSON.stringify(metadata)]],
  })
  const given = items.map(({ position, ...rest }) => rest)
  const placed = await orders.createOrder({
    ...{ userId, items: given, currency: 'EUR', shippingAddress, metadata },
    role: 'admin',
  })
  const { values = [] } = queries[0] ?? {}
  const id = idIn(values)
  assert.deepEqual(placed, {
    ...details,
    ...{ id, number: orderNumber(id), version: 1, status: 'pending', refundedAmount: 0, actions: ['cancel'] },
    ...{ updatedAt: order.createdAt, shipment: null },
  })
  assert.deepEqual(
    [...values.slice(1, 7), values[10], ...values.slice(15)],
    [
      ...[`{"${userId}"}`, `{"${productId}"}`, '{"Thing"}', '{2}', '{3850}', '{"EUR"}', '{"admin"}'],
      ...['{1,2}', `{"${productId}","${orderId}"}`, '{"Thing","Part"}', '{3,1}', '{1250,100}'],
    ],
  )
})

for (const [name, value] of [
  ['quantity', 0],
  ['quantity', 1000],
  ['quantity', 1.5],
  ['unitAmount', -1],
  ['unitAmount', 2_147_483_648],
  ['unitAmount', 1.5],
  ['productName', 'a\u0000b'],
] as const) {
  test(`createOrder of an item with ${name} ${JSON.stringify(value)} is a ValidationError`, async () => {
    const { orders, queries } = mockDatabase({})
    const spoilt = { ...newOrder, items: [item, { ...item, productId: orderId, [name]: value }] }
    await assert.rejects(orders.createOrder(spoilt), naming('items'))
    assert.equal(queries.length, 0)
  })
}

for (const [name, value] of [
  ['items', []],
  ['items', undefined],
  ['items', Array(101).fill(item)],
  ['currency', 'eur'],
  ['currency', undefined],
  ['shippingAddress', { ...shippingAddress, country: 'de' }],
  ['shippingAddress', { country: 'DE' }],
  ['metadata', { campaign: 7 }],
] as const) {
  test(`createOrder with ${name} ${JSON.stringify(value)?.slice(0, 30)} is a ValidationError`, async () => {
    const { orders, queries } = mockDatabase({})
    await assert.rejects(orders.createOrder({ ...newOrder, [name]: value }), naming(name))
    assert.equal(queries.length, 0)
  })
}

for (const [constraint, resource] of [
  ['orders_user_id_fkey', 'user'],
  ['orders_product_id_fkey', 'product'],
  ['order_items_product_id_fkey', 'product'],
] as const) {
  test(`createOrder that violates ${constraint} is a NotFoundError of the ${resource}`, async () => {
    const { orders } = mockDatabase({ error: constraintError(constraint) })
    await assert.rejects(orders.createOrder(newOrder), (error) => {
      assert.ok(error instanceof NotFoundError)
      assert.equal(error.code, `${resource}_not_found`)
      return true
    })
  })
}

test('other database errors are thrown unchanged', async () => {
  const unexpected = constraintError('orders_pkey')
  await assert.rejects(mockDatabase({ error: unexpected }).orders.createOrder(newOrder), unexpected)
  const away = new ServiceUnavailableError('database_unavailable', 'The database is unavailable.')
  await assert.rejects(mockDatabase({ error: away }).orders.findOrder(userId, orderId), away)
})
