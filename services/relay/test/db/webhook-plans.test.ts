import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { feedPlans } from '../../src/db/session.ts'
import { selectActive, selectDue } from '../../src/db/webhook-work.ts'

let database: TestDatabase
let client: pg.Client

before(async () => {
  database = await createTestDatabase('relay_service')
  client = new pg.Client({ connectionString: database.urlOf('owner') })
  await client.connect()
  for (const [name, value] of Object.entries(feedPlans)) await client.query(`SET ${name} = '${value}'`)
})
after(async () => {
  await client.end()
  await database.drop()
})

/** Returns how many blocks a statement touches, whose one parameter is a whole number. */
async function blocksOf({ name, text }: { name: string; text: string }, value: number): Promise<number> {
  await client.query(`PREPARE "${name}" (bigint) AS ${text}`)
  const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE "${name}" (${value})`)
  const plan = rows[0]['QUERY PLAN'][0].Plan as Record<string, number>
  return (plan['Shared Hit Blocks'] as number) + (plan['Shared Read Blocks'] as number)
}

test('a log of 30 days and a thousand deliveries that wait do not slow down what happens each second', async (t) => {
  const ids = [uuidv7(), uuidv7()]
  for (const [index, id] of ids.entries()) {
    await database.owner.query({
      text: `INSERT INTO webhooks (id, url, ordered, description, cursor, created_at, updated_at)
             VALUES ($1, 'https://example.com/', $2, '', 0, now(), now())`,
      values: [id, index === 1],
    })
    await database.owner.query({
      text: `INSERT INTO webhook_deliveries (webhook_id, event_id, position, order_id, type, state, attempts, due_at,
               is_redelivery, created_at, updated_at)
             SELECT $1, gen_random_uuid(), n, gen_random_uuid(), 'placed',
               CASE WHEN n <= 49000 THEN 'delivered' ELSE 'waiting' END, 1,
               now() + n * interval '1 second' - interval '13.62 hours', false, now(), now()
             FROM generate_series(1, 50000) AS n`,
      values: [id],
    })
  }
  const due = await blocksOf(selectDue, 32)
  const active = await blocksOf(selectActive, 1001)
  t.diagnostic(`blocks: ${due} for what is due, ${active} for the webhooks`)
  // some are due: 32 of each, and for each of the ordered ones a look for an earlier one
  assert.ok(due < 400, `${due}`)
  assert.ok(active < 400, `${active}`)
})
