import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from './app.ts'
import { act, placeOrder, stored } from './changes.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const insufficientPrivilege = { code: '42501' }

let context: TestApp
let userId: string

before(async () => {
  context = await createTestApp()
  userId = await insertUser(context.database)
})
after(() => context.close())

/** Returns what is announced of an order, in the order of its versions. */
const announced = (orderId: string) =>
  context.database.owner.query<Record<string, unknown>>({
    text: `SELECT id, user_id, order_id, version, type, at FROM order_events_pending WHERE order_id = $1 ORDER BY version`,
    values: [orderId],
  })

/** Returns the same of what is in the order's history. */
async function history(orderId: string) {
  const { events } = await stored(context, orderId)
  return events.map((event) => {
    const { id, user_id, order_id, version, type, at } = event as unknown as Record<string, unknown>
    return { id, user_id, order_id, version, type, at }
  })
}

test('every event of an order is announced with the change itself', async () => {
  const order = await placeOrder(context, userId)
  for (const verb of ['note', 'pay', 'ship', 'deliver', 'refund'] as const)
    await act(context, { orderId: order.id, verb })
  const events = await announced(order.id)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['placed', 'noted', 'paid', 'shipped', 'delivered', 'refunded'],
  )
  assert.deepEqual(events, await history(order.id))
})

test('a refused change announces nothing', async () => {
  const order = await placeOrder(context, userId)
  assert.equal((await act(context, { orderId: order.id, verb: 'deliver' })).status, 409)
  assert.equal((await announced(order.id)).length, 1)
})

test('what a replica of the version before writes is announced', async () => {
  const productId = await insertProduct(context.database)
  const orderId = await insertOrder(context.database, { userId, productId, status: 'paid' })
  assert.equal((await announced(orderId)).length, 2)
  assert.deepEqual(await announced(orderId), await history(orderId))
})

test('an erasure is announced', async () => {
  const erasedId = await insertUser(context.database)
  const order = await placeOrder(context, erasedId)
  await act(context, { orderId: order.id, verb: 'cancel' })
  const response = await context.app.inject({
    method: 'POST',
    url: '/admin/erasures',
    headers: await asUser(userId, 'admin'),
    body: { userId: erasedId },
  })
  assert.ok(response.statusCode < 300, response.body)
  assert.deepEqual(
    (await announced(order.id)).map(({ type }) => type),
    ['placed', 'cancelled', 'erased'],
  )
})

test('an event has the trace of its request, if that is valid', async () => {
  const headers = { ...(await asUser(userId)), traceparent }
  const productId = await insertProduct(context.database)
  const response = await context.app.inject({ method: 'POST', url: '/orders', headers, body: { productId } })
  const orderId = response.json().id
  await act(context, { orderId, verb: 'note' })
  await act(context, { orderId, verb: 'pay', headers: { traceparent: traceparent.toUpperCase() } })
  await act(context, { orderId, verb: 'ship', headers: { traceparent } })
  const { events } = await stored(context, orderId)
  assert.deepEqual(
    events.map((event) => (event as unknown as { traceparent: string | null }).traceparent),
    [traceparent, null, null, traceparent],
  )
})

for (const statement of [
  `INSERT INTO order_events_pending SELECT id, user_id, order_id, version, type, at FROM order_events`,
  'DELETE FROM order_events_pending',
  'SELECT FROM order_events_pending',
  'INSERT INTO feed SELECT 1, id, user_id, order_id, version, type, at, now() FROM order_events',
  'SELECT FROM feed',
  'SELECT FROM relay_state',
])
  test(`the service may not ${statement}`, async () => {
    await assert.rejects(context.database.db.query({ text: statement }), insufficientPrivilege)
  })
