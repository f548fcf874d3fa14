import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import { createLeaseRepository, type Lease } from '../../src/db/lease-repository.ts'
import { removeOldEvents } from '../../src/db/retention.ts'

let database: TestDatabase
let lease: Lease

before(async () => {
  database = await createTestDatabase('relay_service')
})
after(() => database.drop())
beforeEach(async () => {
  await database.owner.query({ text: 'TRUNCATE feed, relay_state' })
  lease = (await createLeaseRepository(database.db).takeOver(uuidv7())) as Lease
})

/** Fills the feed with events that got their positions this many days ago. */
async function fill(...days: number[]) {
  await database.owner.query({
    text: `INSERT INTO feed SELECT n, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'placed', now(),
             now() - days * interval '1 day'
           FROM unnest($1::float[]) WITH ORDINALITY AS moved (days, n)`,
    values: [days],
  })
}

async function left() {
  const [row] = await database.owner.query<{ positions: number[] | null; oldest: string }>({
    text: `SELECT (SELECT array_agg(position::int ORDER BY position) FROM feed) AS positions, oldest FROM relay_state`,
  })
  return [row?.positions, Number(row?.oldest)]
}

const remove = (limit = 1000) => removeOldEvents(database.db, lease, { days: 30, limit })

test('events that are too old leave the feed, and it says where it begins', async () => {
  await fill(40, 31, 29, 1)
  assert.equal(await remove(), 2)
  assert.deepEqual(await left(), [[3, 4], 3])
  assert.equal(await remove(), 0)
  assert.deepEqual(await left(), [[3, 4], 3])
})

test('it removes no more at a time than it may', async () => {
  await fill(40, 40, 40, 40, 1)
  assert.equal(await remove(3), 3)
  assert.deepEqual(await left(), [[4, 5], 4])
  assert.equal(await remove(3), 1)
})

test('the last event stays, because the next position follows from it', async () => {
  await fill(40, 40)
  assert.equal(await remove(), 1)
  assert.deepEqual(await left(), [[2], 2])
  assert.equal(await remove(), 0)
})

test('the feed keeps no gap when a clock was wrong', async () => {
  await fill(40, 1, 40, 1)
  assert.equal(await remove(), 1)
  assert.deepEqual(await left(), [[2, 3, 4], 2])
})

test('a feed without events stays as it is', async () => {
  assert.equal(await remove(), 0)
  assert.deepEqual(await left(), [null, 1])
})

test('without the lease nothing is removed', async () => {
  await fill(40, 40)
  lease = { ...lease, token: String(Number(lease.token) + 1) }
  assert.equal(await remove(), 0)
  assert.deepEqual(await left(), [[1, 2], 1])
})
