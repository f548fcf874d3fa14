import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import { createLeaseRepository } from '../../src/db/lease-repository.ts'

// What the order service may know of the feed.

let database: TestDatabase
const [first, second] = [uuidv7(), uuidv7()]

before(async () => {
  database = await createTestDatabase('order_service')
  await database.owner.query({
    text: `INSERT INTO feed SELECT n, gen_random_uuid(), CASE n % 2 WHEN 0 THEN $1 ELSE $2 END::uuid, gen_random_uuid(), 1,
             'placed', now(), now()
           FROM generate_series(1, 9) AS n`,
    values: [first, second],
  })
})
after(() => database.drop())

const head = () => database.db.query({ text: 'SELECT * FROM feed_head()' })
const positions = async (call: string, values: unknown[]) => {
  const rows = await database.db.query<{ position: string }>({ text: `SELECT position FROM ${call}`, values })
  return rows.map(({ position }) => Number(position))
}

test('the head has its epoch, and none while the relay has not run in this database', async () => {
  assert.deepEqual(await head(), [])
  await createLeaseRepository(database.owner).takeOver(uuidv7())
  const [state] = await database.owner.query<{ epoch: string }>({ text: 'SELECT epoch FROM relay_state' })
  assert.deepEqual(await head(), [{ epoch: state?.epoch, head: '9', oldest: '1' }])
  await database.owner.query({ text: `UPDATE relay_state SET fingerprint = 'another'` })
  assert.deepEqual(await head(), [])
})

test('events are read after a position, of all users or of one', async () => {
  assert.deepEqual(await positions('feed_after($1, $2)', [3, 4]), [4, 5, 6, 7])
  assert.deepEqual(await positions('feed_after($1, $2)', [9, 4]), [])
  assert.deepEqual(await positions('feed_of_user_after($1, $2, $3)', [first, 3, 2]), [4, 6])
  assert.deepEqual(await positions('feed_of_user_after($1, $2, $3)', [second, 0, 100]), [1, 3, 5, 7, 9])
  assert.deepEqual(await positions('feed_of_user_after($1, $2, $3)', [uuidv7(), 0, 100]), [])
})
