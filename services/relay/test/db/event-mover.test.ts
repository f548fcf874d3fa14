import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { createEventMover, maxMoved } from '../../src/db/event-mover.ts'
import { createLeaseRepository, type Lease } from '../../src/db/lease-repository.ts'
import { feedPlans } from '../../src/db/session.ts'
import { feedFaults } from '../feed-faults.ts'
import { change, insertShop, place, readFeed, type TestShop } from '../orders.ts'

let database: TestDatabase
let shop: TestShop
/** Another user's, whose orders do not wait for those of the first: a user's orders are counted in one row. */
let otherShop: TestShop
let lease: Lease
const clients: pg.Client[] = []

before(async () => {
  database = await createTestDatabase('relay_service', { session: feedPlans })
  shop = await insertShop(database)
  otherShop = await insertShop(database)
})
after(() => database.drop())

beforeEach(async () => {
  await database.owner.query({ text: 'TRUNCATE orders CASCADE' })
  await database.owner.query({ text: 'TRUNCATE order_events_pending, feed, relay_state' })
  lease = (await createLeaseRepository(database.db).takeOver(uuidv7())) as Lease
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end()
})

/** Opens a transaction that the test ends. */
async function begin(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.urlOf('owner') })
  clients.push(client)
  await client.connect()
  await client.query('BEGIN')
  // now() is set by the first statement after BEGIN
  await client.query('SELECT 1')
  return client
}

const move = (since?: string) => createEventMover(database.db).move(lease, since)

const versions = async () => (await readFeed(database)).map(({ orderId, version }) => `${orderId} ${version}`)

test('events get positions in the order of their times, without gaps', async () => {
  const orders = [uuidv7(), uuidv7(), uuidv7()] as const
  await place(database.owner, shop, { id: orders[2], at: '2026-01-03' })
  await place(database.owner, shop, { id: orders[0], at: '2026-01-01' })
  await place(database.owner, shop, { id: orders[1], at: '2026-01-02' })
  await change(database.owner, orders[0], 'note')
  const { moved, head, isFull, isRefused } = await move()
  assert.deepEqual({ moved, head, isFull, isRefused }, { moved: 4, head: 4, isFull: false, isRefused: false })
  assert.deepEqual(await versions(), [`${orders[0]} 1`, `${orders[1]} 1`, `${orders[2]} 1`, `${orders[0]} 2`])
  assert.deepEqual(await feedFaults(database.owner), [])
  assert.equal((await move()).moved, 0)
})

test('an event that is committed after later ones have their positions is not skipped', async () => {
  const early = await begin()
  const first = await place(early, shop)
  const second = await place(database.owner, otherShop)
  const { startedAt } = await move()
  assert.deepEqual(await versions(), [`${second} 1`])
  await early.query('COMMIT')
  await move(startedAt)
  assert.deepEqual(await versions(), [`${second} 1`, `${first} 1`])
  assert.deepEqual(await feedFaults(database.owner), [])
})

test('an event that is older than the quick looks go is found by a complete look', async () => {
  const { startedAt } = await move()
  const old = await place(database.owner, shop, { at: '2026-01-01' })
  assert.equal((await move(startedAt)).moved, 0)
  await move()
  assert.deepEqual(await versions(), [`${old} 1`])
})

test('a change of a transaction that began first and was locked second comes second', async () => {
  const order = await place(database.owner, shop)
  const first = await begin()
  await change(database.owner, order, 'pay')
  const { startedAt } = await move()
  await change(first, order, 'note')
  await first.query('COMMIT')
  await move(startedAt)
  assert.deepEqual(await versions(), [`${order} 1`, `${order} 2`, `${order} 3`])
  assert.deepEqual(await feedFaults(database.owner), [])
})

test('an order placed in a transaction that began first and ended last comes before its changes', async () => {
  const early = await begin()
  const order = await place(early, shop)
  await change(early, order, 'pay')
  const other = await place(database.owner, otherShop)
  await move()
  await early.query('COMMIT')
  await change(database.owner, order, 'note')
  await move()
  assert.deepEqual(await versions(), [`${other} 1`, `${order} 1`, `${order} 2`, `${order} 3`])
})

test('versions whose times are not in order still come in order, however many', async () => {
  // as replicas of the version before write orders that were imported by hand
  await database.owner.query({
    text: `
      INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency, status, created_at, updated_at)
      SELECT $1, $2, 'Thing', 1, 1, 'EUR', 'paid', timestamptz '2026-02-01' + n * interval '1 second',
        timestamptz '2026-01-01' + n * interval '1 second'
      FROM generate_series(1, $3::int) AS n`,
    values: [shop.userId, shop.productId, maxMoved + 100],
  })
  const first = await move()
  assert.deepEqual([first.moved, first.isFull], [2 * maxMoved, true])
  await move()
  assert.deepEqual(await feedFaults(database.owner), [])
})

test('more events than one statement moves are moved by several', async () => {
  for (let n = 0; n < 3; n++)
    await database.owner.query({
      text: `
        INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency)
        SELECT $1, $2, 'Thing', 1, 1, 'EUR' FROM generate_series(1, $3::int)`,
      values: [shop.userId, shop.productId, maxMoved / 2],
    })
  const moves = [await move(), await move(), await move()]
  assert.deepEqual(
    moves.map(({ moved, isFull }) => [moved, isFull]),
    [
      [maxMoved, true],
      [maxMoved / 2, false],
      [0, false],
    ],
  )
  assert.deepEqual(await feedFaults(database.owner), [])
})

test('without the lease nothing is moved, and the refusal is seen', async () => {
  await place(database.owner, shop)
  const leases = createLeaseRepository(database.db)
  await leases.release(lease)
  const next = (await leases.takeOver(uuidv7())) as Lease
  const refused = await move()
  assert.deepEqual([refused.moved, refused.isRefused], [0, true])
  assert.deepEqual(await readFeed(database), [])
  // as after a restored backup, from which another process took the same token
  const sameToken = await createEventMover(database.db).move({ ...next, holder: uuidv7() })
  assert.deepEqual([sameToken.moved, sameToken.isRefused], [0, true])
  assert.equal((await createEventMover(database.db).move(next)).moved, 1)
})

test('a statement of a former holder that runs while the lease is taken over does no harm', async () => {
  await place(database.owner, shop)
  await database.owner.query({ text: `UPDATE relay_state SET lease_until = '-infinity'` })
  // holds the row, as a takeover does until it is committed
  const taking = await begin()
  await taking.query('UPDATE relay_state SET token = token + 1')
  const late = move()
  while (!(await isWaiting())) await place(database.owner, shop)
  await taking.query('COMMIT')
  const { moved, isRefused } = await late
  assert.deepEqual([moved, isRefused], [0, true])
  assert.deepEqual(await readFeed(database), [])
})

async function isWaiting(): Promise<boolean> {
  const [row] = await database.owner.query<{ waiting: boolean }>({
    text: `SELECT count(*) > 0 AS waiting FROM pg_stat_activity
           WHERE datname = current_database() AND usename = 'relay_service' AND wait_event_type = 'Lock'`,
  })
  return row?.waiting ?? false
}

for (let round = 1; round <= 20; round++)
  test(`round ${round}: replicas that take the lease from one another give each event one position`, async () => {
    const leases = createLeaseRepository(database.db)
    const mover = createEventMover(database.db)
    let isPlacing = true
    async function write(shop: TestShop) {
      const orders: string[] = []
      for (let n = 0; n < 25; n++) {
        orders.push(await place(database.owner, shop))
        const any = orders[Math.floor(Math.random() * orders.length)] as string
        await change(database.owner, any, 'note')
      }
    }
    async function relay() {
      let own: Lease | undefined
      while (isPlacing) {
        // without waiting for the lease to expire, and without stopping when it is lost
        if (!own || Math.random() < 0.3) {
          await database.owner.query({ text: `UPDATE relay_state SET lease_until = '-infinity'` })
          own = (await leases.takeOver(uuidv7())) ?? own
        }
        if (own) await mover.move(own)
      }
    }
    const relays = [relay(), relay(), relay()]
    await Promise.all([write(shop), write(otherShop)])
    isPlacing = false
    await Promise.all(relays)
    await leases.release(lease)
    await database.owner.query({ text: `UPDATE relay_state SET lease_until = '-infinity'` })
    lease = (await leases.takeOver(uuidv7())) as Lease
    await move()
    assert.deepEqual(await feedFaults(database.owner), [])
    assert.equal((await readFeed(database)).length, 100)
  })

test('waiting ends as soon as there is an event, or after its time without one', async () => {
  const mover = createEventMover(database.db, { maximumWaitMs: 200 })
  const { startedAt } = await mover.move(lease)
  const begun = performance.now()
  assert.equal(await mover.waitForEvent(startedAt), false)
  assert.ok(performance.now() - begun >= 200)
  const waiting = createEventMover(database.db, { maximumWaitMs: 4000 }).waitForEvent(startedAt)
  await setTimeout(100)
  const placedAt = performance.now()
  await place(database.owner, shop)
  assert.equal(await waiting, true)
  assert.ok(performance.now() - placedAt < 2000)
  await mover.move(lease)
})
