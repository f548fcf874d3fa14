import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Transaction } from '@shop/service/database/database'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createOrderChanges } from '../../src/db/order-changes.ts'
import type { Verb } from '../../src/order.ts'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'

let context: TestApp
let userId: string
let orderId: string

const actor = { id: uuidv7(), role: 'admin' as const }

before(async () => {
  context = await createTestApp()
})
after(() => context.close())

beforeEach(async () => {
  userId = await insertUser(context.database)
  const productId = await insertProduct(context.database)
  orderId = await insertOrder(context.database, { userId, productId, status: 'delivered' })
  await context.database.db.transaction((tx) => change(tx, 'note', { note: 'lives elsewhere' }))
})

async function change(tx: Transaction, verb: Verb, body: Record<string, unknown>) {
  const row = await createOrderChanges(tx).apply({ userId, orderId, verb, party: 'operator', actor, body })
  assert.ok(row)
}

async function erase() {
  const headers = await asUser(actor.id, 'admin')
  const response = await context.app.inject({
    method: 'POST',
    url: '/admin/erasures',
    headers,
    body: { userId },
  })
  return response.json()
}

/** Resolves when this many sessions wait for a lock that another transaction holds. */
async function untilWaiting(sessions: number) {
  for (let waited = 0; ; waited++) {
    const [row] = await context.database.owner.query<{ count: number }>({
      text: `SELECT count(*)::int AS count FROM pg_locks JOIN pg_stat_activity USING (pid)
             WHERE NOT granted AND datname = current_database()`,
    })
    if (row?.count === sessions) return
    assert.ok(waited < 500)
    await setTimeout(2)
  }
}

async function historyOf() {
  return context.database.owner.query<{ type: string; data: object }>({
    text: 'SELECT type, data FROM order_events WHERE order_id = $1 ORDER BY version',
    values: [orderId],
  })
}

/** Starts `count` requests while a change is in progress, which commits once all of them wait for it. */
async function eraseDuring(work: (tx: Transaction) => Promise<void>, count = 1) {
  let started: Promise<Record<string, unknown>[]> | undefined
  await context.database.db.transaction(async (tx) => {
    await work(tx)
    started = Promise.all(Array.from({ length: count }, erase))
    await untilWaiting(count)
  })
  return (await started) ?? []
}

test('requests that wait for the same order erase it once', async () => {
  const lock = { text: 'SELECT FROM orders WHERE id = $1 FOR UPDATE', values: [orderId] }
  const answers = await eraseDuring(async (tx) => void (await tx.query(lock)), 2)
  assert.deepEqual(
    answers.map(({ erased }) => erased),
    [1, 1],
  )
  assert.deepEqual(
    (await historyOf()).map(({ type }) => type),
    ['placed', 'delivered', 'noted', 'erased'],
  )
})

test('a note that is committed while the request waits is erased too', async () => {
  const [answer] = await eraseDuring((tx) => change(tx, 'note', { note: 'called from another number' }))
  assert.equal(answer?.waiting, 0)
  assert.deepEqual(
    (await historyOf()).map(({ type, data }) => [type, data]),
    [
      ['placed', {}],
      ['delivered', {}],
      ['noted', {}],
      ['noted', {}],
      ['erased', {}],
    ],
  )
})

test('an order that is opened again while the request waits keeps its data, and the request waits', async () => {
  const [answer] = await eraseDuring((tx) => change(tx, 'revert', { reason: 'wrong order' }))
  assert.deepEqual([answer?.erased, answer?.waiting, answer?.completedAt], [0, 1, null])
  assert.deepEqual((await historyOf())[2]?.data, { note: 'lives elsewhere' })
})

test('the sweep of an earlier request does not complete a later one', async () => {
  const earlier = await context.erasures.request(userId, actor)
  const later = await context.erasures.request(userId, actor)
  await context.erasures.complete(earlier)
  assert.equal((await context.erasures.findErasure(userId)).completedAt, null)
  await context.erasures.complete(later)
  assert.notEqual((await context.erasures.findErasure(userId)).completedAt, null)
})

test('a replica passes over a request that another one is claiming', async () => {
  const users = [userId, uuidv7()]
  for (const id of users) {
    await context.erasures.request(id, actor)
    await context.erasures.makeDue(id)
  }
  const lock = 'SELECT FROM erasures WHERE user_id = $1 FOR UPDATE'
  await context.database.owner.transaction(async (tx) => {
    await tx.query({ text: lock, values: [userId] })
    assert.equal((await context.erasures.claimDue())?.userId, users[1])
    assert.equal(await context.erasures.claimDue(), undefined)
  })
  assert.equal((await context.erasures.claimDue())?.userId, userId)
})
