import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestApp, insertUser, type TestApp } from '../app.ts'
import { act, placeOrder, stored, total } from '../changes.ts'

let context: TestApp

before(async () => {
  context = await createTestApp()
})
after(() => context.close())

const refund = (orderId: string, amount?: number) =>
  act(context, { orderId, verb: 'refund', body: { reason: 'Broken', ...(amount && { amount }) } })

async function paidOrder() {
  const { id } = await placeOrder(context, await insertUser(context.database))
  await act(context, { orderId: id, verb: 'pay' })
  return id
}

async function lateOrder() {
  const { id } = await placeOrder(context, await insertUser(context.database))
  await act(context, { orderId: id, verb: 'cancel' })
  await act(context, { orderId: id, verb: 'pay' })
  return id
}

test('refunds add up, and the one that completes the total makes the order refunded', async () => {
  const id = await paidOrder()
  for (const [amount, status, refunded] of [
    [1, 'paid', 1],
    [total - 2, 'paid', total - 1],
    [1, 'refunded', total],
  ] as const) {
    const { json } = await refund(id, amount)
    assert.deepEqual([json.status, json.refundedAmount, json.totalAmount], [status, refunded, total])
  }
})

test('a refund without an amount is of all that is left', async () => {
  const id = await paidOrder()
  await refund(id, 1200)
  const { json } = await refund(id)
  assert.deepEqual([json.status, json.refundedAmount], ['refunded', total])
  const { events } = await stored(context, id)
  assert.deepEqual(events.map(({ type, amount, data }) => [type, amount, data]).slice(2), [
    ['refunded', '1200', { reason: 'Broken' }],
    ['refunded', String(total - 1200), { reason: 'Broken' }],
  ])
})

test('a refund beyond the total is a 409 that says how much is left, and changes nothing', async () => {
  const id = await paidOrder()
  await refund(id, 1200)
  const earlier = await stored(context, id)
  for (const amount of [total - 1199, Number.MAX_SAFE_INTEGER]) {
    const { status, json } = await refund(id, amount)
    assert.deepEqual([status, json.code, json.order.version], [409, 'refund_too_large', 3])
    assert.match(json.detail, new RegExp(`Only ${total - 1200} of ${total} `))
    // it is the amount that is refused, not the verb
    assert.ok(json.order.actions.includes('refund'))
  }
  assert.deepEqual(await stored(context, id), earlier)
})

test('a payment after the cancellation is recorded and flagged, and the order stays cancelled', async () => {
  const { id } = await placeOrder(context, await insertUser(context.database))
  await act(context, { orderId: id, verb: 'cancel' })
  const { status, json } = await act(context, { orderId: id, verb: 'pay' })
  assert.deepEqual([status, json.status, json.latePayment], [200, 'cancelled', true])
  const { order, events } = await stored(context, id)
  assert.deepEqual([order.late_payment, order.payment_reference], [true, 'pi_1'])
  const { type, amount, currency, data } = events[2] ?? {}
  assert.deepEqual([type, amount, currency, data], ['paid_late', String(total), 'EUR', { reference: 'pi_1' }])
})

test('a second payment is refused, before and after the late one is refunded', async () => {
  const id = await lateOrder()
  for (const amount of [undefined, 1000, undefined]) {
    const { status, json } = await act(context, { orderId: id, verb: 'pay' })
    assert.deepEqual([status, json.code], [409, 'illegal_transition'])
    await refund(id, amount)
  }
  const { status } = await act(context, { orderId: id, verb: 'pay' })
  assert.equal(status, 409)
  const { events } = await stored(context, id)
  assert.equal(events.filter(({ type }) => type === 'paid_late').length, 1)
})

test('a late payment stays flagged until all of it is refunded, in parts or at once', async () => {
  const inParts = await lateOrder()
  for (const [amount, latePayment] of [
    [1000, true],
    [total - 1001, true],
    [1, false],
  ] as const) {
    const { json } = await refund(inParts, amount)
    assert.deepEqual([json.status, json.latePayment], ['cancelled', latePayment])
  }
  const { json } = await refund(await lateOrder())
  assert.deepEqual([json.status, json.latePayment, json.refundedAmount], ['cancelled', false, total])
  assert.equal((await refund(inParts)).status, 409)
})

test('a late payment is not refunded beyond what was paid', async () => {
  const id = await lateOrder()
  await refund(id, 4000)
  const { status, json } = await refund(id, 1001)
  assert.deepEqual([status, json.code], [409, 'refund_too_large'])
  assert.equal((await stored(context, id)).order.late_payment, true)
})

test('a cancelled order that was never paid has nothing to refund', async () => {
  const { id } = await placeOrder(context, await insertUser(context.database))
  await act(context, { orderId: id, verb: 'cancel' })
  for (const amount of [undefined, 1]) {
    const { status, json } = await refund(id, amount)
    assert.deepEqual([status, json.code], [409, 'illegal_transition'])
  }
})
