import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, insertUser, type TestApp } from '../app.ts'

let context: TestApp
let productId: string
let operator: { authorization: string }

before(async () => {
  context = await createTestApp()
  productId = await insertProduct(context.database)
  operator = await asUser(uuidv7(), 'admin')
})
after(() => context.close())

async function post(url: string, headers: Record<string, string>, body: object) {
  const response = await context.app.inject({ method: 'POST', url, headers, body })
  assert.ok([200, 201, 202, 409].includes(response.statusCode), `${url}: ${response.body}`)
  return response.json()
}

const act = (orderId: string, verb: string, body: object = {}) =>
  post(`/admin/orders/${orderId}/${verb}`, { ...operator, 'idempotency-key': uuidv7() }, body)

const erase = (userId: string) => post('/admin/erasures', operator, { userId })

/** What racers do to one of the orders; all of it is legal at some time. */
const moves: Record<string, (orderId: string, userId: string) => Promise<unknown>> = {
  erase: (_, userId) => erase(userId),
  note: (orderId) => act(orderId, 'note', { note: 'canary' }),
  refund: (orderId) => act(orderId, 'refund', { amount: 1, reason: 'canary' }),
  deliver: (orderId) => act(orderId, 'deliver'),
  revert: (orderId) => act(orderId, 'revert', { reason: 'canary' }),
  cancel: (orderId) => act(orderId, 'cancel', { reason: 'canary' }),
}

/** Places a pending order, a cancelled one and a delivered one. */
async function placeThree(userId: string): Promise<string[]> {
  const ids: string[] = []
  for (const verbs of [[], ['cancel'], ['pay', 'ship', 'deliver']]) {
    const { id } = await post('/orders', await asUser(userId), { productId, metadata: { canary: 'canary' } })
    for (const verb of verbs)
      await act(id, verb, {
        ...(verb === 'cancel' && { reason: 'canary' }),
        ...(verb === 'pay' && { reference: 'r' }),
        ...(verb === 'ship' && { carrier: 'Post', trackingNumber: '1' }),
      })
    ids.push(id)
  }
  return ids
}

type Event = { order_id: string; version: number; from: string; type: string; legal: boolean | null }

async function checkHistories(userId: string) {
  const events = await context.database.owner.query<Event>({
    text: `SELECT order_id, version, type, lag(status) OVER history AS "from",
             is_order_transition(type, lag(status) OVER history, status) AND at > lag(at) OVER history AS legal
           FROM order_events WHERE user_id = $1 WINDOW history AS (PARTITION BY order_id ORDER BY version)`,
    values: [userId],
  })
  for (const { version, type, from, legal } of events) {
    assert.equal(version === 1, type === 'placed')
    if (version > 1) assert.equal(legal, true, `${type} of an order that is ${from}`)
  }
  const [row] = await context.database.owner.query<{ faults: number }>({
    text: `SELECT count(*)::int AS faults FROM orders
           WHERE user_id = $1 AND version <> (SELECT count(*) FROM order_events WHERE order_id = orders.id)`,
    values: [userId],
  })
  assert.equal(row?.faults, 0)
}

/** Returns what the user's closed orders hold: rows of them, of their history and of stored answers. */
async function heldBy(userId: string) {
  return context.database.owner.query({
    text: `WITH closed AS (
             SELECT * FROM orders WHERE user_id = $1 AND status IN ('delivered', 'cancelled', 'refunded')
           )
           SELECT text FROM (
             SELECT closed::text FROM closed
             UNION ALL
             SELECT order_events::text FROM order_events WHERE order_id IN (SELECT id FROM closed)
             UNION ALL
             SELECT idempotency_keys::text FROM idempotency_keys
             WHERE location IN (SELECT '/orders/' || id FROM closed)
           ) AS rows (text)
           WHERE text LIKE '%canary%'`,
    values: [userId],
  })
}

test('50 racers that erase and change orders leave legal histories, and a second run leaves nothing', async () => {
  const racers = fc.array(fc.tuple(fc.constantFrom(...Object.keys(moves)), fc.nat(2)), {
    minLength: 50,
    maxLength: 50,
  })
  await fc.assert(
    fc.asyncProperty(racers, async (chosen) => {
      const userId = await insertUser(context.database)
      const ids = await placeThree(userId)
      await Promise.all(chosen.map(([move, index]) => moves[move]?.(ids[index] as string, userId)))
      await checkHistories(userId)

      await erase(userId)
      assert.deepEqual(await heldBy(userId), [])
      await checkHistories(userId)
      const [counts] = await context.database.owner.query({
        text: `SELECT (SELECT jsonb_object_agg(status, count) FROM order_counts WHERE user_id = $1 AND count > 0) =
                 (SELECT jsonb_object_agg(status, count) FROM (
                   SELECT status, count(*) FROM orders WHERE user_id = $1 GROUP BY status) AS counted) AS equal`,
        values: [userId],
      })
      assert.deepEqual(counts, { equal: true })
    }),
    { numRuns: 6 },
  )
})

test('two requests at the same time erase an order once', async () => {
  const userId = await insertUser(context.database)
  await placeThree(userId)
  await Promise.all(Array.from({ length: 10 }, () => erase(userId)))
  const [row] = await context.database.owner.query({
    text: `SELECT count(*)::int AS events, count(DISTINCT order_id)::int AS orders FROM order_events
           WHERE user_id = $1 AND type = 'erased'`,
    values: [userId],
  })
  assert.deepEqual(row, { events: 2, orders: 2 })
})
