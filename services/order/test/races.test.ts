import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { type OrderStatus, type Verb, verbs } from '../src/order.ts'
import { type Condition, transitions } from '../src/transitions.ts'
import { createTestApp, insertUser, type TestApp } from './app.ts'
import {
  type Act,
  act,
  operatorId,
  placeOrder,
  type StoredEvent,
  stored,
  total,
  validBodies,
} from './changes.ts'

let context: TestApp

before(async () => {
  // As many connections as racers would be, so that they meet at the order's lock. Each waits for all before it, which
  // stays far below the lock_timeout of 2 s of the service's role.
  context = await createTestApp({ connect: (config) => ({ ...config, databasePoolSize: 20 }) })
})
after(() => context.close())

/** Asserts that the events are a history that the table allows, and returns how it ends. */
function replay(events: StoredEvent[]) {
  const state = { status: 'pending' as OrderStatus, isPaid: false, latePayment: false, refunded: 0 }
  for (const [index, { version, type, status, at, amount, currency }] of events.entries()) {
    assert.equal(version, index + 1)
    assert.equal(amount === null, currency === null)
    if (index === 0) {
      assert.deepEqual([type, status], ['placed', 'pending'])
      continue
    }
    assert.ok(
      at > (events[index - 1]?.at as string),
      `${type} at ${at} is not later than the event before it`,
    )
    const refunded = state.refunded + (type === 'refunded' ? Number(amount) : 0)
    const holds: Record<Condition, boolean> = {
      whole: refunded === total,
      part: refunded < total,
      neverPaid: !state.isPaid,
      latePayment: state.latePayment && refunded <= total,
    }
    const move = transitions
      .flatMap(({ moves }) => moves)
      .find(
        (each) =>
          each.event === type &&
          each.from.includes(state.status) &&
          (each.to === 'same' ? state.status : each.to) === status &&
          (!each.if || holds[each.if]),
      )
    assert.ok(move, `${state.status} → ${type} → ${status} is not in the table`)
    if (type === 'paid' || type === 'paid_late') {
      assert.equal(Number(amount), total)
      state.isPaid = true
    }
    state.latePayment = type === 'paid_late' || (state.latePayment && refunded < total)
    Object.assign(state, { status, refunded })
  }
  return state
}

/** Asserts that the order is what its events say, and that the user's counts are those of the rows. */
async function assertConsistent(orderId: string) {
  const { order, events } = await stored(context, orderId)
  const end = replay(events)
  assert.deepEqual(
    {
      status: order.status,
      latePayment: order.late_payment,
      refunded: Number(order.refunded_amount),
      version: order.version,
      updatedAt: order.updated_at,
    },
    {
      status: end.status,
      latePayment: end.latePayment,
      refunded: end.refunded,
      version: events.length,
      updatedAt: events.at(-1)?.at,
    },
  )
  assert.ok(end.refunded <= total)
  const [counts] = await context.database.owner.query<{ kept: object; actual: object }>({
    text: `SELECT
             (SELECT json_object_agg(status, count ORDER BY status) FROM order_counts
              WHERE user_id = $1 AND count <> 0) AS kept,
             (SELECT json_object_agg(status, count ORDER BY status) FROM
               (SELECT status, count(*) FROM orders WHERE user_id = $1 GROUP BY status) AS rows) AS actual`,
    values: [order.user_id],
  })
  assert.deepEqual(counts?.kept, counts?.actual)
  return events
}

/** What the racers try, more often what moves the order on than what is possible at any time. */
const attempt = fc.record(
  {
    verb: fc.oneof(
      fc.constantFrom<Verb>('pay', 'cancel', 'ship', 'refund', 'track', 'revert', 'deliver'),
      fc.constantFrom<Verb>(...verbs),
    ),
    byOwner: fc.boolean(),
    order: fc.nat(1),
    amount: fc.integer({ min: 1, max: total }),
    ifMatch: fc.integer({ min: 1, max: 12 }),
    key: fc.nat(5),
  },
  { requiredKeys: ['verb', 'byOwner', 'order'] },
)
type Attempt = typeof attempt extends fc.Arbitrary<infer Value> ? Value : never

function toRequest(
  { verb, byOwner, order, amount, ifMatch, key }: Attempt,
  ownerId: string,
  orders: string[],
): Act {
  return {
    orderId: orders[order] as string,
    verb,
    ...(byOwner && verb === 'cancel' && { party: 'owner', userId: ownerId }),
    ...(verb === 'refund' && amount && { body: { reason: 'Part', amount } }),
    headers: {
      ...(ifMatch && { 'if-match': `"${ifMatch}"` }),
      // the keys of one run, whatever they are for
      ...(key !== undefined && { 'idempotency-key': `${orders[0]}-${key}` }),
    },
  }
}

test('50 racers on two orders of one user leave a legal history, whatever they do', async () => {
  const attempts = fc.array(attempt, { minLength: 50, maxLength: 50, size: 'max' })
  await fc.assert(
    fc.asyncProperty(attempts, async (attempts) => {
      const ownerId = await insertUser(context.database)
      const orders = [await placeOrder(context, ownerId), await placeOrder(context, ownerId)].map(
        ({ id }) => id,
      )
      const answers = await Promise.all(
        attempts.map((each) => act(context, toRequest(each, ownerId, orders))),
      )
      for (const { status, text } of answers) assert.ok([200, 409, 412, 422].includes(status), text)
      const changes = answers.filter(
        ({ status, headers }) => status === 200 && !headers['idempotent-replayed'],
      )
      const events = await Promise.all(orders.map(assertConsistent))
      // each success is one event: nothing is lost, nothing is done twice
      assert.equal(events.flat().length, orders.length + changes.length)
    }),
    { numRuns: 8, endOnFailure: true },
  )
})

test('50 racers that refund parts stay within the total, and their answers add up', async () => {
  const { id } = await placeOrder(context, await insertUser(context.database))
  await act(context, { orderId: id, verb: 'pay' })
  const amount = 300
  const body = { reason: 'Part', amount }
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => act(context, { orderId: id, verb: 'refund', body })),
  )
  const done = answers.filter(({ status }) => status === 200)
  assert.equal(done.length, Math.floor(total / amount))
  assert.deepEqual(
    done.map(({ json }) => json.refundedAmount).sort((one, other) => one - other),
    done.map((_, index) => amount * (index + 1)),
  )
  for (const { status, json } of answers.filter((answer) => !done.includes(answer)))
    assert.deepEqual([status, json.code], [409, 'refund_too_large'])
  await assertConsistent(id)
})

test('50 racers that refund the rest refund it once', async () => {
  const { id } = await placeOrder(context, await insertUser(context.database))
  await act(context, { orderId: id, verb: 'pay' })
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => act(context, { orderId: id, verb: 'refund' })),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  await assertConsistent(id)
})

test('of 50 racers with the same If-Match exactly one wins; the others learn who did what', async () => {
  const { id } = await placeOrder(context, await insertUser(context.database))
  const racers = Array.from({ length: 50 }, () => uuidv7())
  const answers = await Promise.all(
    racers.map((userId) =>
      act(context, { orderId: id, verb: 'pay', userId, headers: { 'if-match': '"1"' } }),
    ),
  )
  const winner = answers.findIndex(({ status }) => status === 200)
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  for (const [index, { status, json }] of answers.entries()) {
    if (index === winner) continue
    assert.deepEqual([status, json.code], [412, 'version_mismatch'])
    assert.match(
      json.detail,
      new RegExp(`^The order is at version 2: paid at .* by admin ${racers[winner]}\\.$`),
    )
    const { type, actor } = json.order.lastEvent
    assert.deepEqual([type, actor], ['paid', { id: racers[winner], role: 'admin' }])
  }
  await assertConsistent(id)
})

test('when a payment and a cancellation meet, the payment is never lost', async () => {
  for (let round = 0; round < 20; round++) {
    const ownerId = await insertUser(context.database)
    const { id } = await placeOrder(context, ownerId)
    const cancel = () => act(context, { orderId: id, verb: 'cancel', party: 'owner', userId: ownerId })
    const pay = () => act(context, { orderId: id, verb: 'pay' })
    const [paid] = await Promise.all(round % 2 === 0 ? [pay(), cancel()] : [cancel(), pay()].toReversed())
    assert.equal(paid?.status, 200)
    const events = await assertConsistent(id)
    const { order } = await stored(context, id)
    assert.ok(
      order.status === 'paid' ? !order.late_payment : order.status === 'cancelled' && order.late_payment,
    )
    assert.equal(events.filter(({ type }) => type === 'paid' || type === 'paid_late').length, 1)
    assert.equal(order.payment_reference, validBodies.pay.reference)
  }
})

test('an owner and operators who all cancel cancel once, and the history names the one who did', async () => {
  const ownerId = await insertUser(context.database)
  const { id } = await placeOrder(context, ownerId)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      act(context, {
        orderId: id,
        verb: 'cancel',
        ...(index % 2 === 0 && { party: 'owner', userId: ownerId }),
      }),
    ),
  )
  const winner = answers.findIndex(({ status }) => status === 200)
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  await assertConsistent(id)
  const [event] = await context.database.owner.query<{ actor: { id: string } }>({
    text: 'SELECT actor FROM order_events WHERE order_id = $1 AND version = 2',
    values: [id],
  })
  assert.equal(event?.actor.id, winner % 2 === 0 ? ownerId : operatorId)
})
