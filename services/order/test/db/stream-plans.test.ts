import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { indexWalkPlans } from '@shop/service/database/connection'
import type { Statement } from '@shop/service/database/database'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import pg from 'pg'
import { createFeedRepository, type FeedRepository } from '../../src/db/feed-repository.ts'
import { insertProduct, insertUser } from '../app.ts'
import { head, publish, startFeed } from '../streams/feed.ts'

const ordersInAll = 20_000

let database: TestDatabase
let userId: string

before(async () => {
  database = await createTestDatabase('order_service', { session: indexWalkPlans })
  const { owner } = database
  await startFeed(database)
  userId = await insertUser(database)
  const productId = await insertProduct(database)
  const other = await insertUser(database)
  // not in one statement: with its triggers it would take longer than a statement may on a busy machine
  for (let from = 1; from <= ordersInAll; from += 5000)
    await owner.query({
      text: `INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency)
             SELECT CASE n % 2 WHEN 0 THEN $1::uuid ELSE $2 END, $3, 'Thing', 1, 1, 'EUR'
             FROM generate_series($4::int, $5) AS n`,
      values: [userId, other, productId, from, from + 4999],
    })
  await publish(database)
})
after(() => database.drop())

/** Returns the executed plans of the statements that `read` sends. */
async function plansOf(read: (feed: FeedRepository) => Promise<unknown>): Promise<string[]> {
  const statements: Statement[] = []
  await read(
    createFeedRepository({
      queryTexts(statement) {
        statements.push(statement)
        return database.db.queryTexts(statement)
      },
    }),
  )
  const plans: string[] = []
  for (const { text, values } of statements) {
    const given = values.map((value) => pg.escapeLiteral(String(value))).join()
    plans.push(
      await database.db.transaction(async (tx) => {
        await tx.query({ text: `PREPARE read AS ${text}` })
        const explain = 'EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF)'
        const rows = await tx.query<{ 'QUERY PLAN': string }>({ text: `${explain} EXECUTE read (${given})` })
        await tx.query({ text: 'DEALLOCATE read' })
        return rows.map((row) => row['QUERY PLAN']).join('\n')
      }),
    )
  }
  return plans
}

/** Returns how many pages of the database a statement has touched. */
const pagesOf = (plan: string) =>
  [...(/Buffers: shared (?:hit=(\d+))? ?(?:read=(\d+))?/.exec(plan)?.slice(1) ?? [])].reduce(
    (sum, pages) => sum + Number(pages ?? 0),
    0,
  )

for (const isAnalyzed of [false, true]) {
  const when = isAnalyzed ? 'after ANALYZE' : 'before ANALYZE'

  test(`${when}, a poll costs a few pages, wherever it is in the feed`, async () => {
    if (isAnalyzed) await database.owner.query({ text: 'VACUUM ANALYZE' })
    const last = await head(database)
    for (const after of [last, last - 3]) {
      const [plan = ''] = await plansOf((feed) => feed.readEvents(after, 500))
      assert.ok(pagesOf(plan) > 0 && pagesOf(plan) < 60, plan)
    }
  })

  test(`${when}, a page of one user's events costs a few pages`, async () => {
    const [plan = ''] = await plansOf((feed) => feed.readEventsOfUser(userId, ordersInAll / 2, 20))
    assert.ok(pagesOf(plan) > 0 && pagesOf(plan) < 100, plan)
  })

  test(`${when}, each event costs the pages of its order and history`, async () => {
    const { events } = await createFeedRepository(database.db).readEventsOfUser(userId, ordersInAll / 2, 20)
    assert.equal(events.length, 20)
    const [plan = ''] = await plansOf((feed) => feed.readOrders(events))
    assert.ok(pagesOf(plan) > 0 && pagesOf(plan) < 20 * 15, plan)
  })
}
