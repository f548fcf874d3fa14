import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrateDown } from '@shop/database/migrations'
import { services } from '@shop/database/services'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { type OrderStatus, orderStatuses } from '../../src/order.ts'
import { createTestApp, insertProduct, insertUser, type TestApp } from '../app.ts'
import { act, placeOrder } from '../changes.ts'
import { historyFaults } from '../history-faults.ts'
import {
  forceToPrevious,
  migrateToPresent,
  migrateToPrevious,
  previousFingerprint,
  previousStatements,
} from './previous-version.ts'

let context: TestApp
let userId: string
let productId: string

/** The orders that the version before has left, one in each status, placed one day and changed on the next. */
const left = new Map<OrderStatus, { id: string; quantity: number; unitAmount: number }>()
const placedAt = '2026-03-01T12:00:00.123Z'
const changedAt = '2026-03-02T12:00:00.456Z'

const query = <Row extends object>(text: string, values: unknown[] = []) =>
  context.database.owner.query<Row>({ text, values })

before(async () => {
  // a replay of the version before has the form of its orders
  context = await createTestApp({ checksAnswers: false })
  await migrateToPrevious(context.database)
  userId = await insertUser(context.database)
  productId = await insertProduct(context.database)
  for (const [index, status] of orderStatuses.entries()) {
    const order = { id: uuidv7(), quantity: index + 1, unitAmount: 100 * index }
    const values = [
      order.id,
      userId,
      productId,
      `Thing ${index}`,
      order.quantity,
      order.unitAmount,
      'EUR',
      status,
    ]
    await query(previousStatements.insert.text, values)
    await query('UPDATE orders SET created_at = $2, updated_at = $3 WHERE id = $1', [
      order.id,
      placedAt,
      status === 'pending' ? placedAt : changedAt,
    ])
    left.set(status, order)
  }
  const body = '{"answered":"by the version before"}'
  const answer = [previousFingerprint(productId, 1), 201, body, `/orders/${left.get('pending')?.id}`]
  await query(previousStatements.storeAnswer.text, [userId, 'key', ...answer])
  await migrateToPresent(context.database)
})
after(() => context.close())

test('every order gets its item and the history that its status tells', async () => {
  assert.deepEqual(await historyFaults(context.database.owner), [])
  for (const [status, { id, quantity, unitAmount }] of left) {
    const totalAmount = quantity * unitAmount
    const url = `/admin/orders/${id}`
    const { history, ...order } = (
      await context.app.inject({ url, headers: await asUser(uuidv7(), 'admin') })
    ).json()
    assert.partialDeepStrictEqual(order, {
      id,
      status,
      version: status === 'pending' ? 1 : 2,
      itemCount: 1,
      totalAmount,
      refundedAmount: status === 'refunded' ? totalAmount : 0,
      createdAt: placedAt,
      updatedAt: status === 'pending' ? placedAt : changedAt,
      items: [{ position: 1, productId, quantity, unitAmount }],
      shippingAddress: null,
      metadata: null,
      shipment: null,
      latePayment: false,
      paymentReference: null,
    })
    const placed = { version: 1, type: 'placed', status: 'pending', at: placedAt, amount: null }
    const moved = status === 'paid' || status === 'refunded' ? totalAmount : null
    const changed = { version: 2, type: status, status, at: changedAt, amount: moved }
    const actor = { id: userId, role: 'customer' }
    const expected = status === 'pending' ? [placed] : [placed, changed]
    assert.deepEqual(
      history,
      expected.map((event) => ({ ...event, actor, data: {} })),
      status,
    )
  }
})

test('a key from before replays what was answered then', async () => {
  const send = async (quantity: number) => {
    const headers = { ...(await asUser(userId)), 'idempotency-key': 'key' }
    return context.app.inject({ method: 'POST', url: '/orders', headers, body: { productId, quantity } })
  }
  const replayed = await send(1)
  assert.deepEqual([replayed.statusCode, replayed.json()], [201, { answered: 'by the version before' }])
  assert.deepEqual([(await send(2)).statusCode, (await send(2)).json().code], [422, 'idempotency_key_reused'])
})

test('down says what it loses, and what it keeps goes up again', async () => {
  const { database } = context
  const several = await placeOrder(context, userId)
  for (const verb of ['pay', 'ship', 'refund', 'note'] as const)
    assert.equal((await act(context, { orderId: several.id, verb })).status, 200)
  const own = services.filter(({ name }) => name === 'order')
  const down = () => migrateDown({ databaseUrl: database.urlOf('owner'), services: own })
  let undone: string[]
  // events that the relay has not moved
  do undone = await migrateDown({ databaseUrl: database.urlOf('owner'), services: own, force: true })
  while (!undone.includes('order/0016_announce-events'))
  do undone = await down()
  while (!undone.includes('order/0009_fill-items-and-events'))
  const orders = left.size + 1
  const events = 1 + 2 * (left.size - 1) + 5
  const column = (name: string, rows: number) => ({ table: 'orders', column: name, rows })
  await assert.rejects(down(), {
    name: 'DataLossError',
    losses: [
      { table: 'order_events', rows: events },
      { table: 'order_items', rows: left.size + several.itemCount },
      column('item_count', orders),
      column('total_amount', orders),
      column('refunded_amount', orders),
      column('payment_reference', 1),
      column('late_payment', orders),
      column('carrier', 1),
      column('tracking_number', 1),
    ],
  })
  await forceToPrevious(database)

  const [first] = several.items
  assert.deepEqual(await query('SELECT quantity, unit_amount FROM orders WHERE id = $1', [several.id]), [
    { quantity: first?.quantity, unit_amount: first?.unitAmount },
  ])
  const list = await query<{ id: string; count: number }>(previousStatements.list.fromOffset.text, [
    userId,
    100,
    0,
  ])
  assert.deepEqual([list.length, list[0]?.count], [orders, orders])

  await migrateToPresent(database)
  assert.deepEqual(await historyFaults(database.owner), [])
  const [order] = await query(
    'SELECT status, version, item_count, total_amount::int FROM orders WHERE id = $1',
    [several.id],
  )
  const kept = (first?.quantity ?? 0) * (first?.unitAmount ?? 0)
  assert.deepEqual(order, { status: 'refunded', version: 2, item_count: 1, total_amount: kept })
})
