import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createDatabase } from '@shop/service/database/database'
import { createLogger } from '@shop/service/logger'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, insertUser, type TestApp } from '../app.ts'

let context: TestApp
let productId: string

before(async () => {
  context = await createTestApp()
  productId = await insertProduct(context.database)
})
after(() => context.close())

/** Inserts orders that were placed before now, the newest first. */
async function insertOrders(userId: string, { count, status }: { count: number; status: string }) {
  await context.database.owner.query({
    text: `INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency, status, metadata,
             shipping_address, created_at)
           SELECT $1, $2, 'Thing', 1, 1, 'EUR', $3, '{"a": "b"}', '{"name": "Ann", "country": "DE"}',
             now() - n * interval '1 second'
           FROM generate_series(1, $4) AS n`,
    values: [userId, productId, status, count],
  })
}

async function countHolding(userId: string) {
  const [row] = await context.database.owner.query<{ count: number }>({
    text: `SELECT count(*)::int AS count FROM orders WHERE user_id = $1
             AND (metadata IS NOT NULL OR shipping_address <> '{"country": "DE"}')`,
    values: [userId],
  })
  return row?.count
}

const actor = { id: uuidv7(), role: 'admin' as const }

const execute = {
  text: 'SELECT erased, waiting FROM erase_orders($1, NULL, NULL, 200)',
}

test('the function erases nothing without a request, and nothing once it is complete', async () => {
  const userId = await insertUser(context.database)
  await insertOrders(userId, { count: 1, status: 'delivered' })
  const nothing = [{ erased: 0, waiting: 0 }]
  assert.deepEqual(await context.database.db.query({ ...execute, values: [userId] }), nothing)

  const sweep = await context.erasures.request(userId, actor)
  await context.erasures.complete(sweep)
  assert.deepEqual(await context.database.db.query({ ...execute, values: [userId] }), nothing)
  assert.equal(await countHolding(userId), 1)

  await context.erasures.request(userId, actor)
  assert.deepEqual(await context.database.db.query({ ...execute, values: [userId] }), [
    { erased: 1, waiting: 0 },
  ])
})

test('a call visits no more orders than it is told to, open ones included', async () => {
  const userId = await insertUser(context.database)
  await insertOrders(userId, { count: 30, status: 'delivered' })
  await insertOrders(userId, { count: 20, status: 'shipped' })
  await context.erasures.request(userId, actor)
  const seen = { erased: 0, waiting: 0, slices: 0 }
  let position: Parameters<typeof context.erasures.eraseSlice>[1]['position']
  do {
    const slice = await context.erasures.eraseSlice(userId, { position, limit: 8 })
    assert.ok(slice.erased + slice.waiting <= 8)
    seen.erased += slice.erased
    seen.waiting += slice.waiting
    seen.slices++
    position = slice.next
  } while (position)
  assert.deepEqual(seen, { erased: 30, waiting: 20, slices: 7 })
  assert.equal(await countHolding(userId), 20)
})

test('a request erases a thousand orders and leaves the rest to the background job', async () => {
  const userId = await insertUser(context.database)
  await insertOrders(userId, { count: 1001, status: 'cancelled' })
  const response = await context.app.inject({
    method: 'POST',
    url: '/admin/erasures',
    headers: await asUser(actor.id, 'admin'),
    body: { userId },
  })
  assert.deepEqual([response.statusCode, response.json().erased], [202, 1000])
  assert.equal(await countHolding(userId), 1)
  assert.equal((await context.erasures.claimDue())?.userId, userId)
})

const INSUFFICIENT_PRIVILEGE = { code: '42501' }

test('the service cannot change events, counts or metadata by itself', async () => {
  for (const text of [
    `UPDATE order_events SET data = '{}'`,
    'DELETE FROM order_events',
    'UPDATE orders SET metadata = NULL',
    'UPDATE erasures SET erased_orders = 0',
    'DELETE FROM erasures',
  ]) {
    await assert.rejects(context.database.db.query({ text }), INSUFFICIENT_PRIVILEGE, text)
  }
})

test("other services' roles cannot execute the function", async () => {
  for (const role of ['user_service', 'product_service'] as const) {
    const other = createDatabase(context.database.configOf(role), {
      name: 'test',
      logger: createLogger({ name: 'test', level: 'silent' }),
    })
    await assert
      .rejects(other.query({ ...execute, values: [uuidv7()] }), INSUFFICIENT_PRIVILEGE)
      .finally(() => other.close())
  }
})

test('a slice costs the same at any depth', async () => {
  const userId = await insertUser(context.database)
  await insertOrders(userId, { count: 3000, status: 'shipped' })
  await context.erasures.request(userId, actor)
  const [last] = await context.database.owner.query<{ created_at: string }>({
    text: 'SELECT created_at FROM orders WHERE user_id = $1 ORDER BY created_at LIMIT 1 OFFSET 5',
    values: [userId],
  })
  const call = {
    text: 'SELECT waiting FROM erase_orders($1, $2, $3, 200)',
    values: [userId, last?.created_at, 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  }
  const plan = await context.database.db.transaction(async (tx) => {
    // the first call of a session reads the catalogues too
    assert.deepEqual(await tx.query(call), [{ waiting: 6 }])
    const [row] = await tx.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>({
      text: `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${call.text}`,
      values: call.values,
    })
    return row?.['QUERY PLAN'][0].Plan ?? {}
  })
  const pages = Number(plan['Shared Hit Blocks']) + Number(plan['Shared Read Blocks'])
  assert.ok(pages > 0 && pages < 60, `${pages} pages`)
})
