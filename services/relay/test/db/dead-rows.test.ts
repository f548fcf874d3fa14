import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { createEventMover, moveEvents } from '../../src/db/event-mover.ts'
import { createLeaseRepository, type Lease } from '../../src/db/lease-repository.ts'
import { feedPlans } from '../../src/db/session.ts'
import { insertShop, place, readFeed } from '../orders.ts'

let database: TestDatabase
let holder: pg.Client

before(async () => {
  database = await createTestDatabase('relay_service', { session: feedPlans })
  holder = new pg.Client({ connectionString: database.urlOf('owner') })
  await holder.connect()
})
after(async () => {
  await holder.end()
  await database.drop()
})

type Plan = { 'Shared Hit Blocks': number; 'Shared Read Blocks': number }

/** Returns how many blocks the statement touches. */
async function blocksOf(client: pg.Client, lease: Lease, since: string): Promise<number> {
  await client.query('BEGIN')
  const { rows } = await client.query(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE move ('${lease.token}', '${lease.holder}', '${since}', 500)`,
  )
  await client.query('ROLLBACK')
  const plan = rows[0]['QUERY PLAN'][0].Plan as Plan
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
}

test('100,000 events that a snapshot keeps after they were moved do not slow the quick looks down', async (t) => {
  const shop = await insertShop(database)
  const lease = (await createLeaseRepository(database.db).takeOver(uuidv7())) as Lease
  const mover = createEventMover(database.db)
  const client = new pg.Client({ connectionString: database.urlOf('owner') })
  await client.connect()
  t.after(() => client.end())
  for (const [name, value] of Object.entries(feedPlans)) await client.query(`SET ${name} = '${value}'`)
  await client.query(`PREPARE move (bigint, uuid, timestamptz, bigint) AS ${moveEvents.text}`)

  // a snapshot that PostgreSQL must keep all these rows for
  await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  await holder.query('SELECT count(*) FROM order_events_pending')
  await database.owner.query({
    text: `INSERT INTO order_events_pending (id, user_id, order_id, version, type, at)
           SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'placed', now() - interval '1 minute'
           FROM generate_series(1, 100000)`,
  })
  await database.owner.query({ text: 'DELETE FROM order_events_pending' })
  const [{ kept } = { kept: 0 }] = await database.owner.query<{ kept: number }>({
    text: `SELECT (pg_relation_size('order_events_pending') / 8192)::int AS kept`,
  })
  assert.ok(kept > 1000, `${kept}`)

  await place(database.owner, shop)
  const { startedAt } = await mover.move(lease)
  await place(database.owner, shop)
  // an ANALYZE that finds next to nothing makes other plans look cheap
  await database.owner.query({ text: 'ANALYZE order_events_pending' })
  const complete = await blocksOf(client, lease, '-infinity')
  const quick = await blocksOf(client, lease, startedAt)
  t.diagnostic(`blocks of a complete look: ${complete}, of a quick one: ${quick}`)
  assert.ok(complete > 1000, `${complete}`)
  assert.ok(quick < 100, `${quick}`)
  assert.equal((await mover.move(lease, startedAt)).moved, 1)
  assert.equal((await readFeed(database)).length, 2)
})
