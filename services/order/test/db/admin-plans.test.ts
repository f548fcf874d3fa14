import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { indexWalkPlans } from '@shop/service/database/connection'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import type { AdminListOptions } from '../../src/db/admin-order-repository.ts'
import { type OrderStatus, orderStatuses } from '../../src/order.ts'
import { orderNumber } from '../../src/order-number.ts'
import { insertProduct, insertUser } from '../app.ts'
import { planOf, statementsOf } from './admin-paths.ts'
import { insertManyOrders, type ManyOrders } from './many-orders.ts'

/** Where page 10,000 begins. */
const depth = 9_999 * 20

/** All but one in 80 are of one user and one product, cancelled, and paid late: enough for page 10,000 of each. */
const count = 203_000
const most = 'n % 80 <> 0'

let database: TestDatabase
let many: ManyOrders
/** Before it are all but the first 9,999 pages of every walk. */
let deep: { id: string; at: string }

before(async () => {
  database = await createTestDatabase('order_service', { session: indexWalkPlans })
  many = await insertManyOrders(database, {
    count,
    stepSeconds: 30,
    ofUser: most,
    ofProduct: most,
    cancelled: most,
  })
  for (const table of ['orders', 'order_items'])
    await database.owner.query({ text: `VACUUM ANALYZE ${table}` })
  const [position] = await database.owner.query<typeof deep>({
    text: `SELECT id, created_at AS at FROM orders WHERE late_payment ORDER BY created_at DESC, id DESC OFFSET ${depth} LIMIT 1`,
  })
  assert.ok(position)
  deep = position
})
after(() => database.drop())

type Ids = { userId: string; productId: string }

type Walk = {
  options: (ids: Ids) => AdminListOptions
  /** The one index that finds the orders. */
  index: string
  /** At most this many 8 KB pages for 20 orders: few of the index, and one for each row that lies elsewhere. */
  pages: number
  /** At most this many for a count up to 1000, from the index alone. */
  pagesOfCount?: number
}

const range = { createdFrom: '2001-01-01T00:00:00Z', createdTo: '2999-01-01T00:00:00Z' }
const two: OrderStatus[] = ['cancelled', 'paid']

const walks: Record<string, Walk> = {
  'all orders': { options: () => ({}), index: 'orders_placed_idx', pages: 20 },
  'all orders of a time': { options: () => range, index: 'orders_placed_idx', pages: 20 },
  'all orders with items': { options: () => ({ withItems: true }), index: 'orders_placed_idx', pages: 120 },
  'a status': { options: () => ({ status: ['cancelled'] }), index: 'orders_status_idx', pages: 20 },
  'two statuses of a time': {
    options: () => ({ status: two, ...range }),
    index: 'orders_status_idx',
    pages: 40,
    pagesOfCount: 60,
  },
  'all statuses': {
    options: () => ({ status: orderStatuses }),
    index: 'orders_status_idx',
    pages: 150,
    pagesOfCount: 150,
  },
  'a user': { options: ({ userId }) => ({ userId }), index: 'orders_list_idx', pages: 20 },
  "a user's status": {
    options: ({ userId }) => ({ userId, status: ['cancelled'], ...range }),
    index: 'orders_list_of_status_idx',
    pages: 20,
  },
  "a user's two statuses": {
    options: ({ userId }) => ({ userId, status: two }),
    index: 'orders_list_of_status_idx',
    pages: 40,
  },
  'a product': {
    options: ({ productId }) => ({ productId, ...range }),
    index: 'order_items_product_id_idx',
    pages: 120,
  },
  'late payments': {
    options: () => ({ latePayment: true, ...range }),
    index: 'orders_late_payment_idx',
    pages: 20,
  },
}

/** Other tables are read by their keys, for the rows of the page alone. */
const byKey = ['orders_pkey', 'order_items_pkey']

const indexesIn = (plan: string) =>
  [...new Set([...plan.matchAll(/ using (\w+)/g)].map(([, index]) => index as string))].filter(
    (index) => !byKey.includes(index),
  )

function assertWalks(plan: string, index: string) {
  assert.deepEqual(indexesIn(plan), [index], plan)
  assert.doesNotMatch(plan, /Seq Scan|Bitmap|Rows Removed/, plan)
}

for (const [name, { options, index, pages, pagesOfCount = 40 }] of Object.entries(walks)) {
  test(`page 10,000 of ${name} reads as little as page 1, from ${index}`, async () => {
    const given = options(many)
    const [first] = await statementsOf(database.db, given)
    assert.ok(first)
    const [limit = null, , , ...rest] = first.values
    const last = { ...first, values: [limit, deep.at, deep.id, ...rest] }
    for (const statement of [first, last]) {
      const plan = await planOf(database.db, statement)
      assertWalks(plan.text, index)
      assert.equal(plan.rows, 21)
      assert.ok(plan.pages <= pages, plan.text)
    }
  })

  test(`a count of ${name} reads as many entries of ${index} as it counts`, async () => {
    const [, counted] = await statementsOf(database.db, { ...options(many), countUpTo: 1000 })
    assert.ok(counted)
    const plan = await planOf(database.db, counted)
    assertWalks(plan.text, index)
    assert.match(plan.text, /Index Only Scan using/)
    assert.ok(plan.pages <= pagesOfCount, plan.text)
  })
}

/** Filters that find few orders, and the index that finds them; all others are applied to what it finds. */
const picks: Record<
  string,
  { options: (order: { id: string; n: string }) => AdminListOptions; index: string }
> = {
  id: { options: ({ id }) => ({ id }), index: 'orders_pkey' },
  number: { options: ({ id }) => ({ number: orderNumber(id) }), index: 'orders_number_idx' },
  'the first characters of a number': {
    options: ({ id }) => ({ number: orderNumber(id).slice(0, 4) }),
    index: 'orders_number_idx',
  },
  'tracking number': { options: ({ n }) => ({ trackingNumber: n }), index: 'orders_tracking_number_idx' },
}

for (const [name, { options, index }] of Object.entries(picks)) {
  for (const others of ['alone', 'with all other filters']) {
    test(`${name} ${others} reads only the orders that it finds`, async () => {
      const [order] = await database.owner.query<{ id: string; n: string }>({
        text: 'SELECT id, tracking_number AS n FROM orders WHERE late_payment LIMIT 1',
      })
      assert.ok(order)
      const more = { ...many, ...range, status: orderStatuses, latePayment: true as const, withItems: true }
      const given = { ...(others === 'alone' ? {} : more), ...options(order), countUpTo: 1000 }
      for (const statement of await statementsOf(database.db, given)) {
        const plan = await planOf(database.db, statement)
        assert.ok(plan.text.includes(`using ${index} `), plan.text)
        assert.deepEqual(indexesIn(plan.text), index === 'orders_pkey' ? [] : [index], plan.text)
        assert.doesNotMatch(plan.text, /Seq Scan|Bitmap/, plan.text)
        assert.ok(plan.rows > 0)
        assert.ok(plan.pages <= 100, plan.text)
      }
    })
  }
}

test('the plans are the same for orders of many users, products and statuses', async (t) => {
  const mixed = await createTestDatabase('order_service', { session: indexWalkPlans })
  t.after(() => mixed.drop())
  const ids = await insertManyOrders(mixed, {
    count: 20_000,
    stepSeconds: 30,
    ofUser: 'n % 4 = 0',
    ofProduct: 'n % 4 <= 1',
    cancelled: 'n % 4 = 0',
  })
  await mixed.owner.query({ text: 'VACUUM ANALYZE orders, order_items' })
  for (const { options, index } of Object.values(walks)) {
    for (const statement of await statementsOf(mixed.db, { ...options(ids), countUpTo: 1000 }))
      assertWalks((await planOf(mixed.db, statement)).text, index)
  }
})

test('a tracking number that all orders have is listed without reading them all', async (t) => {
  const same = await createTestDatabase('order_service', { session: indexWalkPlans })
  t.after(() => same.drop())
  await insertManyOrders(same, {
    ...{ count: 20_000, stepSeconds: 30, ofUser: 'true', ofProduct: 'true', cancelled: 'true' },
  })
  await same.owner.query({ text: 'ALTER TABLE orders DISABLE TRIGGER review_changed_order' })
  await same.owner.query({ text: `UPDATE orders SET tracking_number = 'none'` })
  await same.owner.query({ text: 'VACUUM ANALYZE orders' })
  const [page] = await statementsOf(same.db, { trackingNumber: 'none' })
  assert.ok(page)
  const plan = await planOf(same.db, page)
  assert.match(plan.text, /Index Scan using orders_tracking_number_idx/)
  assert.doesNotMatch(plan.text, /Sort/)
  assert.equal(plan.rows, 21)
  assert.ok(plan.pages <= 40, plan.text)
})

test('the plans are the same while the tables are small and not analyzed', async (t) => {
  // a connection keeps the plan that it made then, however the tables grow
  const fresh = await createTestDatabase('order_service', { session: indexWalkPlans })
  t.after(() => fresh.drop())
  const ids = { userId: await insertUser(fresh), productId: await insertProduct(fresh) }
  await fresh.owner.query({
    text: `INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency)
           SELECT $1, $2, 'Thing', 1, 1, 'EUR' FROM generate_series(1, 50)`,
    values: [ids.userId, ids.productId],
  })
  for (const { options, index } of Object.values(walks)) {
    for (const statement of await statementsOf(fresh.db, { ...options(ids), countUpTo: 1000 })) {
      assertWalks((await planOf(fresh.db, statement)).text, index)
    }
  }
})
