import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertUser, type TestApp } from '../app.ts'
import { act, operatorId, placeOrder } from '../changes.ts'
import { anyUsers } from '../users.ts'

let context: TestApp
let owner: string

before(async () => {
  context = await createTestApp({ users: anyUsers })
  owner = await insertUser(context.database)
})
after(() => context.close())

async function get(path: string) {
  const headers = await asUser(operatorId, 'admin')
  return context.app.inject({ url: `/admin/orders/${path}`, headers })
}

test('one order comes with all that operators see, its history with actors and notes, and its ETag', async () => {
  const placed = await placeOrder(context, owner)
  await act(context, { orderId: placed.id, verb: 'note', body: { note: 'Called' } })
  await act(context, { orderId: placed.id, verb: 'pay', body: { reference: 'pi_7' } })
  const { json: changed } = await act(context, { orderId: placed.id, verb: 'ship' })

  const response = await get(placed.id)

  assert.equal(response.statusCode, 200, response.body)
  assert.equal(response.headers.etag, '"4"')
  const { history, customer, ...order } = response.json()
  assert.deepEqual(order, changed)
  assert.equal(order.paymentReference, 'pi_7')
  assert.deepEqual(order.actions, ['track', 'deliver', 'refund', 'note', 'revert'])
  assert.equal(order.items.length, 3)
  assert.deepEqual(customer, { id: owner, name: 'Alice', email: 'alice@example.com' })
  const { data } = (await get(`${placed.id}/history`)).json()
  assert.deepEqual(history, data)
  const events = history.map(({ at, ...event }: { at: string }) => {
    assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    return event
  })
  const actor = { id: operatorId, role: 'admin' }
  assert.deepEqual(events, [
    {
      version: 1,
      type: 'placed',
      status: 'pending',
      actor: { id: owner, role: 'customer' },
      amount: null,
      data: {},
    },
    { version: 2, type: 'noted', status: 'pending', actor, amount: null, data: { note: 'Called' } },
    { version: 3, type: 'paid', status: 'paid', actor, amount: 5000, data: { reference: 'pi_7' } },
    {
      version: 4,
      type: 'shipped',
      status: 'shipped',
      actor,
      amount: null,
      data: { carrier: 'Parcel Post', trackingNumber: 'PP1' },
    },
  ])
})

test('the ETag is what If-Match takes', async () => {
  const { id } = await placeOrder(context, owner)
  const { etag } = (await get(id)).headers
  const headers = { 'if-match': String(etag) }
  assert.equal((await act(context, { orderId: id, verb: 'pay', headers })).status, 200)
  assert.equal((await act(context, { orderId: id, verb: 'ship', headers })).status, 412)
})

test('the id of an order in capitals is the same order', async () => {
  const { id } = await placeOrder(context, owner)
  const response = await get(id.toUpperCase())
  assert.deepEqual([response.statusCode, response.json().id], [200, id])
})

test('an unknown id is a 404, and what is not an id a 400', async () => {
  const missing = await get(uuidv7())
  assert.deepEqual([missing.statusCode, missing.json().code], [404, 'order_not_found'])
  for (const text of ['x', '7KQ4M-2XD9T', '%00', `${uuidv7()}x`])
    assert.equal((await get(text)).statusCode, 400, text)
})
