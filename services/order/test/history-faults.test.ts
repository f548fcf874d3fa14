import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertUser, type TestApp } from './app.ts'
import { act, placeOrder } from './changes.ts'
import { historyFaults } from './history-faults.ts'

let context: TestApp
before(async () => {
  context = await createTestApp()
})
after(() => context.close())

/** What an owner could do to an order with one refund, behind the backs of the guards. */
const damages: [damage: string, fault: string][] = [
  ['DELETE FROM order_items WHERE order_id = $1 AND position = 2', 'items that add up'],
  ['UPDATE order_items SET quantity = quantity + 1 WHERE order_id = $1', 'items that add up'],
  ['UPDATE orders SET item_count = 2 WHERE id = $1', 'items that add up'],
  ['DELETE FROM order_events WHERE order_id = $1 AND version = 3', 'one event for each version'],
  ['DELETE FROM order_items WHERE order_id = $1', 'items that add up'],
  ['DELETE FROM order_events WHERE order_id = $1', 'one event for each version'],
  [
    "UPDATE order_events SET status = 'paid' WHERE order_id = $1 AND version = 3",
    'a history of allowed steps',
  ],
  ['UPDATE order_events SET at = now() WHERE order_id = $1 AND version = 2', 'a history of allowed steps'],
  ["UPDATE orders SET status = 'delivered' WHERE id = $1", 'a last event of its status and time'],
  ["UPDATE orders SET updated_at = updated_at + interval '1 ms' WHERE id = $1", 'a last event of its'],
  [
    'UPDATE order_events SET amount = 2 WHERE order_id = $1 AND version = 4',
    'the money that its events moved',
  ],
  [
    'UPDATE order_events SET amount = 2 WHERE order_id = $1 AND version = 2',
    'the money that its events moved',
  ],
  [
    'UPDATE order_counts SET count = 2 WHERE user_id = (SELECT user_id FROM orders WHERE id = $1)',
    'counted as',
  ],
]

test('an order that was placed and changed through the service has no faults', async () => {
  await shippedOrder()
  assert.deepEqual(await historyFaults(context.database.owner), [])
})

for (const [damage, fault] of damages) {
  test(`a fault is found after ${damage}`, async () => {
    const { owner } = context.database
    const orderId = await shippedOrder()
    await owner.transaction(async (tx) => {
      await tx.query({ text: "SET LOCAL session_replication_role = 'replica'" })
      await tx.query({ text: damage, values: [orderId] })
      const faults = await historyFaults(tx)
      assert.ok(
        faults.some((found) => found.includes(fault)),
        `${fault}: ${faults}`,
      )
      await tx.query({ text: 'ROLLBACK' })
    })
  })
}

/** Places an order of three items, pays and ships it, and refunds a part. */
async function shippedOrder(): Promise<string> {
  const { id: orderId } = await placeOrder(context, await insertUser(context.database))
  await act(context, { orderId, verb: 'pay', body: { reference: uuidv7() } })
  await act(context, { orderId, verb: 'ship' })
  const { status, text } = await act(context, {
    orderId,
    verb: 'refund',
    body: { amount: 1, reason: 'Scratched' },
  })
  assert.equal(status, 200, text)
  return orderId
}
