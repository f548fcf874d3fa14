import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { indexWalkPlans } from '@shop/service/database/connection'
import { createDatabase, type Database, type Query, type Statement } from '@shop/service/database/database'
import { createLogger } from '@shop/service/logger'
import { encodeCursor } from '@shop/service/paging/cursor'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import pg from 'pg'
import { createOrderRepository, type ListOptions } from '../../src/db/order-repository.ts'
import { insertProduct, insertUser } from '../app.ts'

/** Enough that PostgreSQL would avoid a plan that reads too much, and that the figures show it. */
const rowsOfOneUser = 100_000

let database: TestDatabase
let userId: string

before(async () => {
  database = await createTestDatabase('order_service', { session: indexWalkPlans })
  userId = await insertUser(database)
  const productId = await insertProduct(database)
  // items and events of this many orders would take longer than a statement may
  for (const trigger of ['insert_item_and_events_of_order', 'review_new_orders'])
    await database.owner.query({ text: `ALTER TABLE orders DISABLE TRIGGER ${trigger}` })
  // one in a thousand is refunded, and these are the oldest
  await database.owner.query({
    text: `INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency, status, created_at)
           SELECT $1, $2, 'Thing', 1, 1, 'EUR', CASE WHEN n > $3::int * 0.999 THEN 'refunded' ELSE 'delivered' END,
             now() - n * interval '1 minute'
           FROM generate_series(1, $3) AS n`,
    values: [userId, productId, rowsOfOneUser],
  })
  // other users, so that reading a whole table is never the best plan
  await database.owner.query({
    text: `INSERT INTO users (email, password_hash, name)
           SELECT n || '@example.com', '$argon2id$none', 'Other' FROM generate_series(1, 3000) AS n`,
  })
  await database.owner.query({
    text: `INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency, created_at)
           SELECT users.id, $1, 'Thing', 1, 1, 'EUR', now() - n * interval '1 hour'
           FROM users, generate_series(1, 3) AS n WHERE name = 'Other'`,
    values: [productId],
  })
  await database.owner.query({ text: 'VACUUM ANALYZE orders, order_counts' })
})
after(() => database.drop())

/** Returns the executed plans of all statements of a list with these options. */
async function plansOf(
  options: ListOptions,
  { of: owner, on: { db } }: { of: string; on: TestDatabase } = { of: userId, on: database },
): Promise<{ plans: string[]; nextCursor: string | null }> {
  const queries: Query[] = []
  const recording = createOrderRepository({
    query: () => assert.fail('texts will do'),
    queryTexts(statement) {
      queries.push(statement)
      return db.queryTexts(statement)
    },
  })
  const { nextCursor } = await recording.listOrdersByUser(owner, options)
  const plans: string[] = []
  for (const query of queries) plans.push(await genericPlan(db, query))
  return { plans, nextCursor }
}

/** Returns the plan that the service's connections keep for a statement, as executed with its values. */
async function genericPlan(db: Database, { text, values = [] }: Query): Promise<string> {
  const literals = values.map((value) => pg.escapeLiteral(String(value)))
  const lines = await db.transaction(async (tx) => {
    await tx.query({ text: `PREPARE listed AS ${text}` })
    const explained = await tx.query<{ 'QUERY PLAN': string }>({
      text: `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE listed (${literals.join()})`,
    })
    await tx.query({ text: 'DEALLOCATE listed' })
    return explained
  })
  return lines.map((line) => line['QUERY PLAN']).join('\n')
}

/** Returns the number of 8 KB pages that the whole statement touched. */
const pagesTouched = (plan: string) => Number(/Buffers: shared hit=(\d+)/.exec(plan)?.[1])

function assertBounded(plan: string) {
  assert.doesNotMatch(plan, /Sort|Seq Scan|Bitmap|Rows Removed/, plan)
  // a page of 20 rows and the counts: a few levels of two indexes, and the rows' own leaves
  assert.ok(pagesTouched(plan) < 60, plan)
}

test('the first page of 100,000 orders is one statement, which reads only that page', async () => {
  const { plans } = await plansOf({})
  assert.equal(plans.length, 1)
  assert.match(plans[0] ?? '', /Index Only Scan using orders_list_idx/)
  assert.match(plans[0] ?? '', /Index Scan using order_counts_pkey|Index Only Scan using order_counts_pkey/)
  assertBounded(plans[0] ?? '')
})

test('a page by cursor costs the same at the far end', async () => {
  const [last] = await database.owner.query<{ id: string; at: string }>({
    text: `SELECT id, created_at AS at FROM orders WHERE user_id = $1 ORDER BY created_at, id OFFSET 50 LIMIT 1`,
    values: [userId],
  })
  const cursor = encodeCursor({ createdAt: last?.at ?? '', id: last?.id ?? '' }, userId)
  const { plans } = await plansOf({ cursor })
  assert.equal(plans.length, 1)
  assert.match(plans[0] ?? '', /Index Only Scan using orders_list_idx/)
  assert.match(plans[0] ?? '', /Index Cond: .*ROW\(created_at, id\) </)
  assertBounded(plans[0] ?? '')
})

test('a list of a rare status does not scan the others', async () => {
  const { plans, nextCursor } = await plansOf({ status: 'refunded' })
  assert.equal(plans.length, 1)
  assert.match(plans[0] ?? '', /using orders_list_of_status_idx/)
  assertBounded(plans[0] ?? '')

  const next = await plansOf({ status: 'refunded', cursor: nextCursor ?? '' })
  assert.match(next.plans[0] ?? '', /using orders_list_of_status_idx/)
  assertBounded(next.plans[0] ?? '')
})

test('the deepest offset skips index entries, not table rows', async () => {
  const { plans } = await plansOf({ offset: 10_000, limit: 100 })
  assert.match(plans[0] ?? '', /Index Only Scan using orders_list_idx/)
  assert.doesNotMatch(plans[0] ?? '', /Sort|Seq Scan/)
  assert.ok(pagesTouched(plans[0] ?? '') < 1000, plans[0])
})

test('the plans are the same while the tables are small and not analyzed', async (t) => {
  // a connection keeps the plan that it made then, however the tables grow
  const fresh = await createTestDatabase('order_service', { session: indexWalkPlans })
  t.after(() => fresh.drop())
  const shop = { of: await insertUser(fresh), on: fresh }
  const productId = await insertProduct(fresh)
  await fresh.owner.query({
    text: `INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency)
           SELECT $1, $2, 'Thing', 1, 1, 'EUR' FROM generate_series(1, 50)`,
    values: [shop.of, productId],
  })
  for (const options of [{}, { offset: 20 }, { status: 'pending' }] as const) {
    const first = await plansOf(options, shop)
    const next = await plansOf({ ...options, offset: undefined, cursor: first.nextCursor ?? '' }, shop)
    for (const plan of [...first.plans, ...next.plans]) {
      assert.match(plan, 'status' in options ? /using orders_list_of_status_idx/ : /using orders_list_idx/)
      assertBounded(plan)
    }
  }
})

test('each list is planned once per connection, not at every execution', async (t) => {
  const logger = createLogger({ name: 'test', level: 'silent' })
  const config = { ...database.configOf('order_service'), databasePoolSize: 1 }
  const db = createDatabase(config, { name: 'order', logger, session: indexWalkPlans })
  t.after(() => db.close())
  for (const options of [{}, { status: 'paid' }, { offset: 500 }] as const) {
    for (let n = 0; n < 7; n++) await createOrderRepository(db).listOrdersByUser(userId, options)
  }
  const plans = await db.query({
    text: `SELECT name, generic_plans::int AS generic, custom_plans::int AS custom FROM pg_prepared_statements
           WHERE name LIKE 'list-orders%' ORDER BY name`,
  })
  assert.deepEqual(plans, [
    { name: 'list-orders-from-offset', generic: 14, custom: 0 },
    { name: 'list-orders-of-status-from-offset', generic: 7, custom: 0 },
  ])
})

test('deep offsets do not use the pipeline', async () => {
  const used: string[] = []
  const on = (name: string) => ({
    query: () => assert.fail('texts will do'),
    queryTexts(statement: Statement) {
      used.push(name)
      return database.db.queryTexts(statement)
    },
  })
  const orders = createOrderRepository(on('pool'), { pipeline: on('pipeline') })
  await orders.listOrdersByUser(userId, { limit: 1 })
  await orders.listOrdersByUser(userId, { limit: 1, offset: 200 })
  await orders.listOrdersByUser(userId, { limit: 1, offset: 201 })
  assert.deepEqual(used, ['pipeline', 'pipeline', 'pool'])
})
