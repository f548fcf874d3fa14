import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabase } from '@shop/service/database/database'
import { createLogger } from '@shop/service/logger'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { checkCursor } from '../../src/cursor.ts'
import { createEventMover } from '../../src/db/event-mover.ts'
import { createFeedRepository } from '../../src/db/feed-repository.ts'
import { createLeaseRepository, type Lease } from '../../src/db/lease-repository.ts'
import { feedFaults } from '../feed-faults.ts'
import { change, insertShop, place } from '../orders.ts'

/** Copies the database as it is at this moment. */
async function copyDatabase({ urlOf }: TestDatabase, name: string) {
  const url = new URL(urlOf('owner'))
  const original = url.pathname.slice(1)
  const admin = new pg.Client({ connectionString: Object.assign(url, { pathname: '/postgres' }).href })
  await admin.connect()
  try {
    // PostgreSQL copies a database that nobody uses
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [original])
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${original}`)
    await admin.query(`GRANT CONNECT ON DATABASE ${name} TO relay_service`)
  } finally {
    await admin.end()
  }
}

test('after a backup is restored into another database, cursors from before are told apart', async (t) => {
  const database = await createTestDatabase('relay_service')
  const shop = await insertShop(database)
  const orderId = await place(database.owner, shop)
  const leases = createLeaseRepository(database.db)
  const lease = (await leases.takeOver(uuidv7())) as Lease
  await createEventMover(database.db).move(lease)
  await change(database.owner, orderId, 'note')
  const name = `${new URL(database.urlOf('owner')).pathname.slice(1)}_backup`
  await copyDatabase(database, name)
  await change(database.owner, orderId, 'pay')
  await createEventMover(database.db).move(lease)
  const before = await createFeedRepository(database.db).readState()
  assert.equal(before.head, 3)

  const at = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href
  const open = (role: 'owner' | 'relay_service') =>
    createDatabase(
      { ...database.configOf(role), databaseUrl: at(database.urlOf(role)) },
      {
        name: 'test',
        logger: createLogger({ name: 'test', level: 'silent' }),
        session: { search_path: 'public' },
      },
    )
  const [owner, db] = [open('owner'), open('relay_service')]
  t.after(async () => {
    await Promise.all([owner.close(), db.close()])
    await database.owner.query({ text: `DROP DATABASE ${name} WITH (FORCE)` })
    await database.drop()
  })

  const feed = createFeedRepository(db)
  await assert.rejects(feed.readState(), { code: 'feed_unavailable' })
  // the holder of the time of the dump is gone, and its lease ends
  await owner.query({ text: 'UPDATE relay_state SET lease_until = clock_timestamp()' })
  const next = (await createLeaseRepository(db).takeOver(uuidv7())) as Lease
  // other events than the first time
  await change(owner, orderId, 'cancel')
  await createEventMover(db).move(next)
  const state = await feed.readState()
  assert.notEqual(state.epoch, before.epoch)
  assert.equal(state.head, 3)
  assert.throws(() => checkCursor({ epoch: before.epoch, position: 3 }, state), {
    code: 'cursor_of_another_epoch',
  })
  assert.deepEqual(await feedFaults(owner), [])

  const idsOf = async (connection: typeof owner) =>
    (await connection.query<{ id: string }>({ text: 'SELECT id FROM feed ORDER BY position' })).map(
      ({ id }) => id,
    )
  const [was, is] = [await idsOf(database.owner), await idsOf(owner)]
  assert.deepEqual(is.slice(0, 2), was.slice(0, 2))
  assert.notEqual(is[2], was[2])
})
