import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type DatabaseConfig, indexWalkPlans } from '@shop/service/database/connection'
import { createDatabase, type Query } from '@shop/service/database/database'
import { createLogger } from '@shop/service/logger'
import type { PageOptions } from '@shop/service/paging/paging'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { createProductRepository } from '../../src/db/product-repository.ts'

let database: TestDatabase
let config: DatabaseConfig

before(async () => {
  database = await createTestDatabase('product_service')
  config = database.configOf('product_service')
})
after(() => database.drop())

/**
 * Returns the plan of the single statement of a list with these options, on connections like those of
 * main.ts.
 */
async function planOf(options: PageOptions): Promise<{ plan: string; nextCursor: string | null }> {
  const logger = createLogger({ name: 'test', level: 'silent' })
  const db = createDatabase(config, { name: 'product', logger, session: indexWalkPlans })
  try {
    const queries: Query[] = []
    const recording = createProductRepository({
      ...db,
      queryTexts(statement) {
        queries.push(statement)
        return db.queryTexts(statement)
      },
    })
    const { nextCursor } = await recording.listProducts(options)
    const [query] = queries
    assert.equal(queries.length, 1)
    const lines = await db.query<{ 'QUERY PLAN': string }>({
      text: `EXPLAIN (COSTS OFF) ${query?.text}`,
      values: query?.values ?? [],
    })
    return { plan: lines.map((line) => line['QUERY PLAN']).join('\n'), nextCursor }
  } finally {
    await db.close()
  }
}

for (const state of ['that is not analyzed', 'that is analyzed']) {
  test(`a page of a catalogue ${state} is read in the order of the index, without a sort`, async () => {
    if (state === 'that is analyzed') await database.owner.query({ text: 'VACUUM ANALYZE products' })
    else
      await database.owner.query({
        text: `INSERT INTO products (name, unit_amount, currency, created_at)
               SELECT 'Thing', 1, 'EUR', now() - n * interval '1 minute' FROM generate_series(1, 500) AS n`,
      })
    const first = await planOf({})
    const next = await planOf({ cursor: first.nextCursor ?? '' })
    for (const { plan } of [first, next]) {
      assert.match(plan, /Index Scan using products_created_at_idx/)
      assert.doesNotMatch(plan, /Sort|Bitmap/)
    }
    assert.match(next.plan, /Index Cond: .*ROW\(created_at, id\) </)
  })
}

test('a page is planned once per connection, not at every execution', async () => {
  const logger = createLogger({ name: 'test', level: 'silent' })
  const options = { name: 'product', logger, session: indexWalkPlans }
  const db = createDatabase({ ...config, databasePoolSize: 1 }, options)
  try {
    for (let n = 0; n < 7; n++) await createProductRepository(db).listProducts()
    const plans = await db.query({
      text: `SELECT generic_plans::int AS generic, custom_plans::int AS custom FROM pg_prepared_statements
             WHERE name LIKE 'list-products%'`,
    })
    assert.deepEqual(plans, [{ generic: 7, custom: 0 }])
  } finally {
    await db.close()
  }
})
