import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { indexWalkPlans } from '@shop/service/database/connection'
import type { Statement } from '@shop/service/database/database'
import type { Position } from '@shop/service/paging/cursor'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import pg from 'pg'
import { createExportRepository, type ExportFilters, sliceSize } from '../../src/db/export-repository.ts'
import { insertProduct, insertUser } from '../app.ts'

const ordersInAll = 40_000

let database: TestDatabase
let userId: string
let productId: string
/** In the middle of all orders. */
let middle: Position

before(async () => {
  database = await createTestDatabase('order_service', { session: indexWalkPlans })
  const { owner } = database
  userId = await insertUser(database)
  productId = await insertProduct(database)
  const others = [await insertUser(database), await insertProduct(database)]
  // every other order is the user's, and every third of the product; one in a thousand is refunded
  // not in one statement: with its triggers it would take longer than a statement may on a busy machine
  for (let from = 1; from <= ordersInAll; from += 5000)
    await owner.query({
      text: `INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency, status, created_at)
             SELECT CASE n % 2 WHEN 0 THEN $1::uuid ELSE $3 END, CASE n % 3 WHEN 0 THEN $2::uuid ELSE $4 END, 'Thing', 1, 1,
               'EUR', CASE WHEN n % 1000 = 0 THEN 'refunded' WHEN n % 5 = 0 THEN 'paid' ELSE 'delivered' END,
               now() - n * interval '1 minute'
             FROM generate_series($5::int, $6) AS n`,
      values: [userId, productId, ...others, from, Math.min(from + 4999, ordersInAll)],
    })
  await owner.query({ text: 'VACUUM ANALYZE orders, order_items' })
  const [row] = await owner.query<{ id: string; created_at: string }>({
    text: `SELECT id, created_at FROM orders ORDER BY created_at DESC OFFSET ${ordersInAll / 2} LIMIT 1`,
  })
  middle = { id: row?.id as string, createdAt: row?.created_at as string }
})
after(() => database.drop())

/** Returns the executed plan of a slice. */
async function planOf(filters: ExportFilters, start?: Position): Promise<string> {
  const statements: Statement[] = []
  const repository = createExportRepository({
    queryTexts(statement) {
      statements.push(statement)
      return database.db.queryTexts(statement)
    },
  })
  const { orders } = await repository.readSlice(filters, 'operator', start)
  assert.ok(orders.length > 0)
  assert.equal(statements.length, 1)
  const [{ text, values }] = statements as [Statement]
  // EXPLAIN of a statement with parameters would plan for these values; the service's connections have one plan for all
  const given = values.map((value) => pg.escapeLiteral(String(value))).join()
  return database.db.transaction(async (tx) => {
    await tx.query({ text: `PREPARE slice AS ${text}` })
    const explain = 'EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF)'
    const lines = await tx.query<{ 'QUERY PLAN': string }>({ text: `${explain} EXECUTE slice(${given})` })
    await tx.query({ text: 'DEALLOCATE slice' })
    return lines.map((line) => line['QUERY PLAN']).join('\n')
  })
}

const combinations = (): Record<string, { filters: ExportFilters; index: string }> => {
  const range = { createdFrom: '2001-01-01T00:00:00Z', createdTo: '2999-01-01T00:00:00Z' }
  return {
    'all orders': { filters: {}, index: 'orders_placed_idx' },
    'a range of time': { filters: range, index: 'orders_placed_idx' },
    'a rare status': { filters: { status: ['refunded'] }, index: 'orders_status_idx' },
    'several statuses': { filters: { status: ['paid', 'refunded'], ...range }, index: 'orders_status_idx' },
    'a user': { filters: { userId, ...range }, index: 'orders_list_idx' },
    "a user's rare status": { filters: { userId, status: ['refunded'] }, index: 'orders_list_of_status_idx' },
    "several statuses of a user's": {
      filters: { userId, status: ['paid', 'delivered'] },
      index: 'orders_list_of_status_idx',
    },
    'a product': { filters: { productId, ...range }, index: 'order_items_product_id_idx' },
  }
}

for (const name of [
  'all orders',
  'a range of time',
  'a rare status',
  'several statuses',
  'a user',
  "a user's rare status",
  "several statuses of a user's",
  'a product',
]) {
  for (const place of ['first', 'middle'] as const) {
    test(`the ${place} slice of ${name} comes from an index`, async () => {
      const { filters, index } = combinations()[name] as { filters: ExportFilters; index: string }
      const plan = await planOf(filters, place === 'middle' ? middle : undefined)
      assert.ok(plan.includes(index), plan)
      assert.doesNotMatch(plan, /Seq Scan|Bitmap|Rows Removed/, plan)
      // the items of one order may be sorted, and so may the orders of several walks
      const [ofOrders] = plan.split('SubPlan') as [string]
      if (name !== 'several statuses') assert.doesNotMatch(ofOrders, /-> {2}(?:Incremental )?Sort/, plan)
      // the order, its items and their indexes: some pages for each of a slice's orders
      const pages = Number(/Buffers: shared hit=(\d+)/.exec(plan)?.[1])
      assert.ok(pages < 15 * sliceSize, plan)
    })
  }
}
