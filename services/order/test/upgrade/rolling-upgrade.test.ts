import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { databaseReadiness } from '@shop/service/http/readiness'
import { asUser } from '@shop/tests/kit/tokens'
import pg from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { orderStatuses } from '../../src/order.ts'
import { createTestApp, insertProduct, insertUser, type TestApp } from '../app.ts'
import { act, placeOrder } from '../changes.ts'
import { historyFaults } from '../history-faults.ts'
import {
  folderUpTo,
  lastOfPrevious,
  migrateTo,
  migrateToPresent,
  migrateToPrevious,
  migrations,
  previousFingerprint,
  previousStatements,
} from './previous-version.ts'

let context: TestApp
/** A connection of a replica of the version before, which stays open during the whole upgrade. */
let replica: pg.Client
let productId: string

before(async () => {
  // a replay of the version before has the form of its orders
  context = await createTestApp({ checksAnswers: false })
  productId = await insertProduct(context.database)
})
after(async () => {
  await replica?.end()
  await context.close()
})

type Row = Record<string, unknown>

/** Runs a statement as pg does for a named one: prepared on first use, and only executed from then on. */
const run = async (statement: { name: string; text: string }, values: unknown[]) =>
  (await replica.query<Row>({ ...statement, values })).rows

/** Places an order like the version before, with a key, and returns its row. */
async function place(userId: string, { status = 'pending', key = uuidv7() } = {}) {
  await replica.query('BEGIN')
  assert.deepEqual(await run(previousStatements.findAnswer, [userId, key]), [])
  const values = [uuidv7(), userId, productId, 'Thing', 2, 1250, 'EUR', status]
  const [row] = await run(previousStatements.insert, values)
  assert.partialDeepStrictEqual(row, { id: values[0], quantity: 2, unit_amount: 1250, status })
  const body = JSON.stringify({ id: row?.id, quantity: 2, unitAmount: 1250, totalAmount: 2500 })
  const answer = [previousFingerprint(productId, 2), 201, body, `/orders/${row?.id}`]
  await run(previousStatements.storeAnswer, [userId, key, ...answer])
  await replica.query('COMMIT')
  const [found] = await run(previousStatements.findAnswer, [userId, key])
  assert.deepEqual(Object.values(found ?? {}), answer)
  return row as Row & { id: string }
}

/** Reads a user's orders by each of the statements of the version before. */
async function checkReads(userId: string, placed: (Row & { id: string })[]) {
  const { list, select } = previousStatements
  const newestFirst = placed.toReversed().map(({ id }) => id)
  const idsOf = (rows: Row[]) => {
    for (const { count } of rows) assert.equal(count, placed.length)
    return rows.map(({ id }) => id)
  }
  const after = ['9999-01-01', 'ffffffff-ffff-ffff-ffff-ffffffffffff']
  assert.deepEqual(idsOf(await run(list.fromOffset, [userId, 100, 0])), newestFirst)
  assert.deepEqual(idsOf(await run(list.afterPosition, [userId, 100, ...after])), newestFirst)
  assert.deepEqual(idsOf(await run(list.ofStatusFromOffset, [userId, 100, 0, 'pending'])), newestFirst)
  assert.deepEqual(
    idsOf(await run(list.ofStatusAfterPosition, [userId, 100, ...after, 'pending'])),
    newestFirst,
  )
  for (const row of placed) assert.deepEqual(await run(select, [row.id, userId]), [row])
}

/** Returns whether the version with these migrations calls itself ready. */
async function isReady(last: string): Promise<boolean> {
  const folder = folderUpTo(last)
  const url = pathToFileURL(join(folder, 'migrations/'))
  const check = databaseReadiness(context.database.db, { table: 'order_migrations', folder: url })
  rmSync(folder, { recursive: true })
  return check().then(
    () => true,
    () => false,
  )
}

test('a replica of the version before works after each migration, and both versions know when they are ready', async () => {
  const { database } = context
  const userId = await insertUser(database)
  await migrateToPrevious(database)
  replica = new pg.Client({ connectionString: database.urlOf('order_service') })
  await replica.connect()

  const placed: (Row & { id: string })[] = []
  const present = migrations.at(-1) as string
  const steps = migrations.slice(migrations.indexOf(lastOfPrevious))
  assert.ok(steps.length > 1)
  for (const step of steps) {
    await migrateTo(database, step)
    placed.push(await place(userId))
    await checkReads(userId, placed)
    assert.deepEqual([await isReady(lastOfPrevious), await isReady(present)], [true, step === present], step)
  }
  await migrateToPresent(database)
  placed.push(await place(userId))
  await checkReads(userId, placed)

  assert.deepEqual(await historyFaults(database.owner), [])
})

test('an order that the version before places is whole, in whatever status, and goes on from there', async () => {
  const { app, database } = context
  const userId = await insertUser(database)
  for (const status of orderStatuses) {
    const { id } = await place(userId, { status })
    const response = await app.inject({ url: `/orders/${id}`, headers: await asUser(userId) })
    assert.partialDeepStrictEqual(response.json(), {
      status,
      version: status === 'pending' ? 1 : 2,
      totalAmount: 2500,
      refundedAmount: status === 'refunded' ? 2500 : 0,
      items: [{ position: 1, productId, productName: 'Thing', quantity: 2, unitAmount: 1250 }],
    })
    const { status: answered, text } = await act(context, { orderId: id, verb: 'note' })
    assert.equal(answered, 200, text)
  }
  const { id: orderId } = await place(userId)
  for (const verb of ['pay', 'ship', 'deliver', 'refund'] as const) {
    const { status, text } = await act(context, { orderId, verb })
    assert.equal(status, 200, text)
  }
  assert.deepEqual(await historyFaults(database.owner), [])
})

test('a request is answered once, whichever version gets it first', async () => {
  const { app, database } = context
  const userId = await insertUser(database)
  const send = async (key: string, quantity = 2) => {
    const headers = { ...(await asUser(userId)), 'idempotency-key': key }
    return app.inject({ method: 'POST', url: '/orders', headers, body: { productId, quantity } })
  }

  const { id } = await place(userId, { key: 'old' })
  const replayed = await send('old')
  assert.deepEqual(
    [replayed.statusCode, replayed.headers['idempotent-replayed'], replayed.headers.etag],
    [201, 'true', '"1"'],
  )
  // in the form in which it was answered
  assert.deepEqual(replayed.json(), { id, quantity: 2, unitAmount: 1250, totalAmount: 2500 })
  assert.equal((await send('old', 3)).statusCode, 422)

  assert.equal((await send('new')).statusCode, 201)
  const [found] = await run(previousStatements.findAnswer, [userId, 'new'])
  // no status, which it answers with 500 until the request reaches a replica of this version
  assert.partialDeepStrictEqual(found, { status: null, body: null, location: null })
})

test('an order that both versions place at the same time with one key is stored once', async () => {
  const { app, database } = context
  const userId = await insertUser(database)
  await replica.query('BEGIN')
  assert.deepEqual(await run(previousStatements.findAnswer, [userId, 'both']), [])
  const headers = { ...(await asUser(userId)), 'idempotency-key': 'both' }
  const body = { productId, quantity: 2 }
  const placed = await app.inject({ method: 'POST', url: '/orders', headers, body })
  assert.equal(placed.statusCode, 201)
  const id = uuidv7()
  await run(previousStatements.insert, [id, userId, productId, 'Thing', 2, 1250, 'EUR', 'pending'])
  const answer = [previousFingerprint(productId, 2), 201, '{}', `/orders/${id}`]
  await assert.rejects(run(previousStatements.storeAnswer, [userId, 'both', ...answer]), {
    constraint: 'idempotency_keys_taken',
  })
  await replica.query('ROLLBACK')
  const rows = await run(previousStatements.list.fromOffset, [userId, 20, 0])
  assert.deepEqual(
    rows.map((row) => row.id),
    [placed.json().id],
  )
})

test('the version before lists orders that this one has placed and changed, without their amounts', async () => {
  const { database } = context
  const userId = await insertUser(database)
  const { id } = await placeOrder(context, userId)
  await act(context, { orderId: id, verb: 'pay' })
  const rows = await run(previousStatements.list.ofStatusFromOffset, [userId, 20, 0, 'paid'])
  assert.deepEqual(
    rows.map(({ id, status, count, quantity, unit_amount }) => ({
      id,
      status,
      count,
      quantity,
      unit_amount,
    })),
    [{ id, status: 'paid', count: 1, quantity: null, unit_amount: null }],
  )
})
