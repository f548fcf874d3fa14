import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createdAt,
  newestFirst,
  orderCount,
  orderId,
  shownOf,
  totalOrders,
  users,
  uuid,
} from '../src/data-set.ts'

test('it has a million orders: 20 to 100 of a typical user, 100,000 of a heavy one, none of a shopper', () => {
  const typical = Array.from({ length: users.typical.to }, (_, index) => orderCount(index + 1))
  assert.equal(Math.min(...typical), 20)
  assert.equal(Math.max(...typical), 100)
  assert.equal(orderCount(users.heavy.from), 100_000)
  assert.equal(orderCount(users.shoppers.from), 0)
  assert.equal(totalOrders(), 1_000_069)
})

test('ids are numbers in the shape of a UUID, and no two orders share one', () => {
  assert.equal(uuid(4711), '00000000-0000-7000-8000-000000001267')
  const last = orderId(users.heavy.from, 100_000)
  assert.notEqual(last, orderId(users.heavy.from + 1, 1))
  assert.ok(last < orderId(users.heavy.from + 1, 1))
})

test('orders are listed newest first, and some differ by their id alone', () => {
  const user = 1
  const orders = newestFirst(user)
  assert.equal(orders.length, orderCount(user))
  assert.equal(new Set(orders).size, orders.length)
  let equals = 0
  for (const [index, order] of orders.entries()) {
    const next = orders[index + 1]
    if (next === undefined) break
    const [time, later] = [createdAt(user, order), createdAt(user, next)]
    assert.ok(time >= later)
    if (time !== later) continue
    equals++
    assert.ok(orderId(user, order) > orderId(user, next))
  }
  assert.ok(equals > 0)
})

test('an order has one to three items, and is refunded in full if it is refunded', () => {
  // products 5, 12 and 19 at 1.35, 1.84 and 2.33, once, twice and three times
  assert.deepEqual(shownOf(1, 3), {
    status: 'delivered',
    version: 4,
    itemCount: 3,
    totalAmount: 135 + 2 * 184 + 3 * 233,
    refundedAmount: 0,
  })
  const user = 1
  const refunded = newestFirst(user).filter((order) => shownOf(user, order).status === 'refunded')
  assert.ok(refunded.length > 0)
  for (const order of refunded) {
    const { totalAmount, refundedAmount } = shownOf(user, order)
    assert.equal(refundedAmount, totalAmount)
  }
})

test('times are exact to the microsecond and lie within two years', () => {
  assert.match(createdAt(3, 14), /^202[456]-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00$/)
  const times = newestFirst(users.heavy.from).map((order) => createdAt(users.heavy.from, order))
  assert.ok((times.at(-1) as string) >= '2024-11-01')
  assert.ok((times[0] as string) <= '2026-11-01 00:00:00.000000+00')
})
