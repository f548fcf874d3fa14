import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import type { Verb } from '../../src/order.ts'
import { createTestApp, insertUser, type TestApp } from '../app.ts'
import { act, operatorId, placeOrder, stored, total, validBodies } from '../changes.ts'

let context: TestApp
let owner: string
let orderId: string

before(async () => {
  context = await createTestApp()
  owner = await insertUser(context.database)
  orderId = (await placeOrder(context, owner)).id
  for (const verb of ['readdress', 'pay', 'ship', 'note', 'track', 'deliver', 'revert', 'refund'] as Verb[])
    assert.equal((await act(context, { orderId, verb })).status, 200, verb)
})
after(() => context.close())

type Event = {
  version: number
  type: string
  status: string
  at: string
  data: object
  amount: number | null
}

async function historyOf(url: string, userId: string, role: 'customer' | 'admin' = 'customer') {
  const response = await context.app.inject({ url, headers: await asUser(userId, role) })
  return { status: response.statusCode, json: response.json(), text: response.body }
}

const ownHistory = (id: string, userId = owner) => historyOf(`/orders/${id}/history`, userId)
const anyHistory = (id: string) => historyOf(`/admin/orders/${id}/history`, operatorId, 'admin')

test('the owner sees what happened and when, without notes, addresses, payment references or who did it', async () => {
  const { json, text } = await ownHistory(orderId)
  const rows = json.data.map(({ version, type, status, data, amount }: Event) => [
    version,
    type,
    status,
    data,
    amount,
  ])
  assert.deepEqual(rows, [
    [1, 'placed', 'pending', {}, null],
    [2, 'readdressed', 'pending', {}, null],
    [3, 'paid', 'paid', {}, total],
    [4, 'shipped', 'shipped', validBodies.ship, null],
    [6, 'tracked', 'shipped', validBodies.track, null],
    [7, 'delivered', 'delivered', {}, null],
    [8, 'reverted', 'shipped', {}, null],
    [9, 'refunded', 'refunded', validBodies.refund, total],
  ])
  for (const event of json.data)
    assert.deepEqual(Object.keys(event).sort(), ['amount', 'at', 'data', 'status', 'type', 'version'])
  for (const secret of [operatorId, 'actor', 'noted', 'Called', 'pi_1', 'Wrong order'])
    assert.ok(!text.includes(secret), secret)
})

test('operators see everything, with who did it', async () => {
  const { json } = await anyHistory(orderId)
  const { events } = await stored(context, orderId)
  const operator = { id: operatorId, role: 'admin' }
  assert.deepEqual(
    json.data,
    events.map(({ version, type, status, at, amount, data }) => ({
      version,
      type,
      status,
      at: new Date(at).toISOString(),
      actor: version === 1 ? { id: owner, role: 'customer' } : operator,
      amount: amount === null ? null : Number(amount),
      data,
    })),
  )
  assert.deepEqual(json.data.map(({ data }: Event) => data).slice(1), [
    { ...validBodies.readdress, previousAddress: null },
    validBodies.pay,
    validBodies.ship,
    validBodies.note,
    validBodies.track,
    {},
    validBodies.revert,
    validBodies.refund,
  ])
})

test("the owner's own reason and note of a cancellation are shown to both", async () => {
  const { id } = await placeOrder(context, owner)
  const body = { reason: 'Too late', note: 'Thanks anyway' }
  await act(context, { orderId: id, verb: 'cancel', party: 'owner', userId: owner, body })
  for (const { json } of [await ownHistory(id), await anyHistory(id)])
    assert.deepEqual([json.data[1].type, json.data[1].data], ['cancelled', body])
  const { json } = await anyHistory(id)
  assert.deepEqual(json.data[1].actor, { id: owner, role: 'customer' })
})

test('the times of a history increase strictly, and the last is the order’s', async () => {
  const { order, events } = await stored(context, orderId)
  for (const [index, { at }] of events.slice(1).entries()) assert.ok(at > (events[index]?.at as string))
  assert.equal(events.at(-1)?.at, order.updated_at)
})

test("someone else's history and one that does not exist are the same 404, an order's id or not", async () => {
  const someoneElse = await insertUser(context.database)
  const comparable = ({ status, json }: Awaited<ReturnType<typeof ownHistory>>) => ({
    status,
    ...json,
    requestId: undefined,
  })
  const foreign = comparable(await ownHistory(orderId, someoneElse))
  assert.equal(foreign.status, 404)
  assert.deepEqual(comparable(await ownHistory(uuidv7(), someoneElse)), foreign)
  assert.deepEqual(comparable(await anyHistory(uuidv7())), foreign)
  assert.equal((await ownHistory('1')).status, 400)
})

test("operators' history is refused to the owner", async () => {
  const { status, json } = await historyOf(`/admin/orders/${orderId}/history`, owner)
  assert.deepEqual([status, json.code], [403, 'role_required'])
})
