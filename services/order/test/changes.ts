import assert from 'node:assert/strict'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import type { OrderDetails, Verb } from '../src/order.ts'
import type { EventType, Party } from '../src/transitions.ts'
import { insertProduct, type TestApp } from './app.ts'

/** One operator for all tests: events are compared by what happened, not by who did it. */
export const operatorId = uuidv7()

/** What an order of `placeOrder` costs: three products at 12.50, one of them twice. */
export const total = 5000

/** For each verb a body that both parties may send. */
export const validBodies: Record<Verb, Record<string, unknown>> = {
  cancel: { reason: 'Out of stock' },
  pay: { reference: 'pi_1' },
  ship: { carrier: 'Parcel Post', trackingNumber: 'PP1' },
  track: { carrier: 'Parcel Post', trackingNumber: 'PP2', trackingUrl: 'https://parcels.example.com/PP2' },
  deliver: {},
  refund: { reason: 'Broken' },
  readdress: { shippingAddress: { name: 'Alice', line1: '1 Street', city: 'Town', country: 'DE' } },
  note: { note: 'Called' },
  revert: { reason: 'Wrong order' },
}

export type Act = {
  orderId: string
  verb: Verb
  party?: Party
  /** Who acts: the owner of the order, or any operator. */
  userId?: string
  body?: object
  headers?: Record<string, string>
}

/** Places an order of three items and returns it. */
export async function placeOrder({ app, database }: TestApp, ownerId: string): Promise<OrderDetails> {
  const items = await Promise.all(
    [2, 1, 1].map(async (quantity) => ({ productId: await insertProduct(database), quantity })),
  )
  const headers = await asUser(ownerId)
  const response = await app.inject({ method: 'POST', url: '/orders', headers, body: { items } })
  assert.equal(response.statusCode, 201, response.body)
  return response.json()
}

/** Requests a transition, with a valid body unless there is another. */
export async function act({ app }: TestApp, { orderId, verb, party = 'operator', ...options }: Act) {
  const { userId = operatorId, body = validBodies[verb], headers } = options
  const response = await app.inject({
    method: 'POST',
    url: `${party === 'owner' ? '' : '/admin'}/orders/${orderId}/${verb}`,
    headers: { ...(await asUser(userId, party === 'owner' ? 'customer' : 'admin')), ...headers },
    body,
  })
  return {
    status: response.statusCode,
    headers: response.headers,
    json: response.json(),
    text: response.body,
  }
}

export type StoredEvent = {
  version: number
  type: EventType
  status: string
  at: string
  amount: string | null
  currency: string | null
  data: Record<string, unknown>
}

/** Returns the order as it is stored, all columns, and its events in order. */
export async function stored({ database }: Pick<TestApp, 'database'>, orderId: string) {
  const [[order], events] = await Promise.all([
    database.owner.query<Record<string, unknown>>({
      text: 'SELECT * FROM orders WHERE id = $1',
      values: [orderId],
    }),
    database.owner.query<StoredEvent>({
      text: 'SELECT * FROM order_events WHERE order_id = $1 ORDER BY version',
      values: [orderId],
    }),
  ])
  assert.ok(order)
  return { order, events }
}
