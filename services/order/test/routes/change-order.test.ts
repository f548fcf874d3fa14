import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, insertUser, type TestApp } from '../app.ts'

let context: TestApp

before(async () => {
  context = await createTestApp()
})
after(() => context.close())

async function place(owner: string, quantities = [2]) {
  const items = await Promise.all(
    quantities.map(async (quantity) => ({ productId: await insertProduct(context.database), quantity })),
  )
  const response = await context.app.inject({
    method: 'POST',
    url: '/orders',
    headers: await asUser(owner),
    body: { items },
  })
  assert.equal(response.statusCode, 201, response.body)
  return response.json()
}

async function act(orderId: string, verb: string, body: object = {}, headers: Record<string, string> = {}) {
  return context.app.inject({
    method: 'POST',
    url: `/admin/orders/${orderId}/${verb}`,
    headers: { ...(await asUser(uuidv7(), 'admin')), ...headers },
    body,
  })
}

test('an order goes from pending to delivered and back, and its history says so', async () => {
  const owner = await insertUser(context.database)
  const order = await place(owner, [1, 2, 3])
  const shipment = { carrier: 'Post', trackingNumber: 'P1' }
  for (const [verb, body] of [
    ['pay', { reference: 'r1' }],
    ['ship', shipment],
    ['track', { ...shipment, trackingNumber: 'P2' }],
    ['deliver', {}],
    ['revert', { reason: 'wrong order' }],
    ['deliver', {}],
    ['note', { note: 'called' }],
    ['refund', { amount: 1250, reason: 'broken' }],
    ['refund', { reason: 'broken' }],
  ] as const) {
    const response = await act(order.id, verb, body)
    assert.equal(response.statusCode, 200, `${verb}: ${response.body}`)
  }
  const response = await context.app.inject({
    url: `/orders/${order.id}/history`,
    headers: await asUser(owner),
  })
  assert.deepEqual(
    response
      .json()
      .data.map(({ version, type, status, amount }: Record<string, unknown>) => [
        version,
        type,
        status,
        amount,
      ]),
    [
      [1, 'placed', 'pending', null],
      [2, 'paid', 'paid', 7500],
      [3, 'shipped', 'shipped', null],
      [4, 'tracked', 'shipped', null],
      [5, 'delivered', 'delivered', null],
      [6, 'reverted', 'shipped', null],
      [7, 'delivered', 'delivered', null],
      // 8 is a note, which is for operators
      [9, 'refunded', 'delivered', 1250],
      [10, 'refunded', 'refunded', 6250],
    ],
  )
})
