import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { indexWalkPlans } from '@shop/service/database/connection'
import type { Statement } from '@shop/service/database/database'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { createStatsRepository } from '../../src/db/stats-repository.ts'
import { planOf } from './admin-paths.ts'
import { insertManyOrders } from './many-orders.ts'

/** One each half an hour. */
const ordersOfADay = 48
const days = 400

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('order_service', { session: indexWalkPlans })
})
after(() => database.drop())

/** Returns the executed plan of the statistics of some days until today. */
async function planOfDays(count: number) {
  const statements: Statement[] = []
  const stats = createStatsRepository({
    queryTexts(statement) {
      statements.push(statement)
      return database.db.queryTexts(statement)
    },
  })
  const dateOf = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)
  const found = await stats.findStats({ from: dateOf(count - 1), to: dateOf(0), tz: 'UTC' })
  assert.equal(statements.length, 1)
  const plan = await planOf(database.db, statements[0] as Statement)
  return { plan, found }
}

function assertFromIndexes(plan: string) {
  const scans = [...plan.matchAll(/-> {2}(.*Scan.*?) \(/g)].map(([, scan]) => scan)
  assert.deepEqual(scans, [
    'Function Scan on day',
    'Index Only Scan using orders_placed_idx on orders',
    'Index Only Scan using order_events_money_idx on order_events',
  ])
  assert.doesNotMatch(plan, /Rows Removed/, plan)
}

test('the plan is the same while the tables are empty', async () => {
  const { plan } = await planOfDays(92)
  assertFromIndexes(plan.text)
})

test('92 days are read from two indexes alone, and no other days', async () => {
  await insertManyOrders(database, {
    count: days * ordersOfADay,
    stepSeconds: 86_400 / ordersOfADay,
    ofUser: 'n % 4 = 0',
    ofProduct: 'n % 4 = 0',
    cancelled: 'n % 4 = 0',
  })
  await database.owner.query({ text: 'VACUUM ANALYZE orders, order_events' })
  const { plan, found } = await planOfDays(92)
  assertFromIndexes(plan.text)
  assert.match(plan.text, /Heap Fetches: 0/)
  assert.doesNotMatch(plan.text, /Heap Fetches: [1-9]/)
  const placed = found.days.flatMap(({ currencies }) => currencies.map((totals) => totals.placed.count))
  assert.ok(placed.reduce((sum, count) => sum + count, 0) > 91 * ordersOfADay)
  // some hundred entries lie on one 8 KB page, and each day takes a few pages to find
  assert.ok(plan.pages < 92 * 10, plan.text)
})
