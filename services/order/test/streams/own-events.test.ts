import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { v7 as uuidv7 } from 'uuid'
import type { OrderDetails, Verb } from '../../src/order.ts'
import { createTestApp, insertUser, type TestApp } from '../app.ts'
import { act, placeOrder } from '../changes.ts'
import { listen, open, readAll } from '../exports/exports.ts'
import { epoch, head, publish } from './feed.ts'
import { openReader } from './streams.ts'

let context: TestApp
let url: string
let me: string

before(async () => {
  context = await createTestApp({ streams: { heartbeatMs: 500 } })
  url = await listen(context)
  me = await insertUser(context.database)
})
after(() => context.close())

/** Returns the order as its owner gets it. */
const ownOrder = (orderId: string): Promise<OrderDetails> => context.orders.findOrder(me, orderId)

test('an event comes to the owner of the order, with the order as it was after it', async (t) => {
  const reader = await openReader(t, url, { userId: me })
  const { items, shippingAddress, metadata, actions, ...placed } = await placeOrder(context, me)
  await publish(context.database)
  const [event] = await reader.untilEvents(1)
  assert.deepEqual(event, {
    type: 'placed',
    id: `${epoch}.${await head(context.database)}`,
    data: placed,
  })
})

test('after every kind of event, the order is as it could be fetched then', async (t) => {
  const verbs: [Verb, body?: object][] = [
    ['readdress'],
    ['pay'],
    ['ship'],
    ['track'],
    ['deliver'],
    ['revert'],
    ['revert'],
    ['ship'],
    ['refund', { amount: 100, reason: 'Late' }],
    ['refund'],
  ]
  const order = await placeOrder(context, me)
  await publish(context.database)
  const reader = await openReader(t, url, { userId: me })
  const states: object[] = []
  for (const [verb, body] of verbs) {
    const answer = await act(context, { orderId: order.id, verb, ...(body && { body }) })
    assert.equal(answer.status, 200, answer.text)
    const { items, shippingAddress, metadata, actions, ...state } = await ownOrder(order.id)
    states.push(state)
  }
  // all at once, so that none can be read from what the order is by then
  await publish(context.database)
  const events = await reader.untilEvents(verbs.length)
  assert.deepEqual(
    events.map(({ data }) => data),
    states,
  )
})

test('a late payment shows until it is refunded', async (t) => {
  const reader = await openReader(t, url, { userId: me })
  const order = await placeOrder(context, me)
  await act(context, { orderId: order.id, verb: 'cancel' })
  await act(context, { orderId: order.id, verb: 'pay' })
  await act(context, { orderId: order.id, verb: 'refund', body: { amount: 100, reason: 'Part' } })
  await act(context, { orderId: order.id, verb: 'refund' })
  await publish(context.database)
  const events = await reader.untilEvents(5)
  assert.deepEqual(
    events.map(({ type, data }) => [type, data.latePayment, data.refundedAmount]),
    [
      ['placed', false, 0],
      ['cancelled', false, 0],
      ['paid_late', true, 0],
      ['refunded', true, 100],
      ['refunded', false, 5000],
    ],
  )
})

test('notes of operators and events of other users do not come, but move the cursor on', async (t) => {
  const reader = await openReader(t, url, { userId: me })
  const order = await placeOrder(context, me)
  await act(context, { orderId: order.id, verb: 'note' })
  await placeOrder(context, await insertUser(context.database))
  await act(context, { orderId: order.id, verb: 'pay' })
  await publish(context.database)
  await reader.untilEvents(2)
  await placeOrder(context, await insertUser(context.database))
  await publish(context.database)
  const last = `${epoch}.${await head(context.database)}`
  await until(() => reader.lastId() === last)
  assert.deepEqual(
    reader.events().map(({ type }) => type),
    ['placed', 'paid'],
  )
  assert.doesNotMatch(reader.text(), /Called/)
})

test('a user without an account or orders gets a stream', async (t) => {
  const reader = await openReader(t, url, { userId: uuidv7() })
  await until(() => reader.text() !== '')
  const { statusCode, headers } = reader.response
  assert.deepEqual(
    [statusCode, headers['content-type'], headers['cache-control'], headers['x-accel-buffering']],
    [200, 'text/event-stream', 'no-store, no-transform', 'no'],
  )
  assert.match(reader.text(), /^retry: \d{4}\nid: \w+\.\d+\n\n/)
})

test('an order that was deleted leaves an event without it', async (t) => {
  const reader = await openReader(t, url, { userId: me })
  const { id } = await placeOrder(context, me)
  await context.database.owner.query({ text: 'DELETE FROM order_items WHERE order_id = $1', values: [id] })
  await context.database.owner.query({ text: 'DELETE FROM order_events WHERE order_id = $1', values: [id] })
  await publish(context.database)
  const [event] = await reader.untilEvents(1)
  assert.deepEqual(event?.data, { id, userId: me, version: 1 })
})

test('HEAD gets the headers, and opens no stream', async () => {
  const { statusCode, headers } = await context.app.inject({
    method: 'HEAD',
    url: '/orders/stream',
    headers: await asUser(me),
  })
  assert.deepEqual([statusCode, headers['content-type']], [200, 'text/event-stream'])
})

test('a token is required', async (t) => {
  const response = await open(t, `${url}/orders/stream`)
  assert.equal(response.statusCode, 401)
  assert.equal(JSON.parse((await readAll(response)).text).code, 'token_missing')
})
