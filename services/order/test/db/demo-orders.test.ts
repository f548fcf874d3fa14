import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { migrateDown, migrateUp, seed } from '@shop/database/migrations'
import { services } from '@shop/database/services'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { asUser } from '@shop/tests/kit/tokens'
import { createTestApp, type TestApp } from '../app.ts'
import { operatorId } from '../changes.ts'

const idOf = (code: string) => `00000000-0000-7000-8000-${code.padStart(12, '0')}`
const [alice, bob] = [idOf('a1'), idOf('b0')]
const operator = { id: idOf('ad'), role: 'admin' }

const seedAll = (database: TestDatabase) => seed({ databaseUrl: database.urlOf('owner') })

/** The orders as people know them: user, product of the first item, and the status that the README promises. */
const expected = {
  e0001: [alice, 'f0001', 'delivered'],
  e0002: [alice, 'f0004', 'delivered'],
  e0003: [alice, 'f0002', 'refunded'],
  e0004: [alice, 'f0006', 'cancelled'],
  e0005: [alice, 'f0003', 'delivered'],
  e0006: [alice, 'f0005', 'delivered'],
  e0007: [alice, 'f0008', 'delivered'],
  e0008: [alice, 'f0007', 'shipped'],
  e0009: [alice, 'f0001', 'paid'],
  e000a: [alice, 'f0002', 'pending'],
  e0011: [bob, 'f0005', 'delivered'],
  e0012: [bob, 'f0007', 'delivered'],
  e0013: [bob, 'f0007', 'refunded'],
  e0014: [bob, 'f0003', 'cancelled'],
  e0015: [bob, 'f0006', 'shipped'],
  e0016: [bob, 'f0008', 'paid'],
  e0017: [bob, 'f0004', 'pending'],
}

describe('the demo orders', () => {
  let context: TestApp

  before(async () => {
    context = await createTestApp()
    // 4 users, 8 products, 17 orders
    assert.equal(await seedAll(context.database), 29)
  })
  after(() => context.close())

  const query = <Row>(text: string) => context.database.owner.query<Row>({ text })

  test('keep their ids, users, first products and statuses', async () => {
    const orders = await query('SELECT id, user_id, product_id, status FROM orders ORDER BY id')
    assert.deepEqual(
      orders,
      Object.entries(expected).map(([code, [userId, product, status]]) => ({
        id: idOf(code),
        user_id: userId,
        product_id: idOf(product as string),
        status,
      })),
    )
  })

  test('have one and several items, whose first is the product of the order', async () => {
    const [row] = await query(`
      SELECT count(*) FILTER (WHERE item_count = 1) > 0 AS single, count(*) FILTER (WHERE item_count > 1) > 3 AS several,
        bool_and((product_id, product_name) = (
          SELECT order_items.product_id, order_items.product_name FROM order_items WHERE order_id = orders.id AND position = 1)) AS first,
        bool_and(created_at = ALL (SELECT created_at FROM order_items WHERE order_id = orders.id)) AS times,
        bool_and(created_at >= ALL (
          SELECT products.created_at FROM order_items JOIN products ON products.id = order_items.product_id
          WHERE order_id = orders.id)) AS catalogue
      FROM orders`)
    assert.deepEqual(row, { single: true, several: true, first: true, times: true, catalogue: true })
  })

  test('have a history that the guard allows, step by step, all of it in the past', async () => {
    const [row] = await query(`
      SELECT bool_and(version = 1 OR is_order_transition(type, previous_status, status)) AS allowed,
        bool_and(version = 1 OR at > previous_at) AS in_order,
        bool_and(at < now()) AS past,
        bool_and(actor->>'role' = CASE WHEN actor->>'id' = user_id::text THEN 'customer' ELSE 'admin' END) AS actors,
        bool_and(substr(id::text, 15, 1) = '7') AS v7,
        count(DISTINCT id) = count(*) AS ids
      FROM (
        SELECT *, lag(status) OVER history AS previous_status, lag(at) OVER history AS previous_at FROM order_events
        WINDOW history AS (PARTITION BY order_id ORDER BY version)
      ) AS events`)
    assert.deepEqual(row, { allowed: true, in_order: true, past: true, actors: true, v7: true, ids: true })
  })

  test('are what their history says', async () => {
    const [row] = await query(`
      SELECT bool_and(orders.status = last.status AND updated_at = last.at AND orders.version = last.version) AS last,
        bool_and(created_at = first.at) AS first, bool_and(refunded_amount = refunded) AS refunded,
        bool_and((payment_reference IS NULL) = (paid IS NULL) AND coalesce(paid = total_amount, true)) AS paid
      FROM orders
      JOIN order_events AS last ON last.order_id = orders.id AND last.version = orders.version
      JOIN order_events AS first ON first.order_id = orders.id AND first.version = 1
      CROSS JOIN LATERAL (
        SELECT sum(amount) FILTER (WHERE type IN ('paid', 'paid_late')) AS paid,
          coalesce(sum(amount) FILTER (WHERE type = 'refunded'), 0) AS refunded
        FROM order_events WHERE order_id = orders.id
      ) AS money`)
    assert.deepEqual(row, { last: true, first: true, refunded: true, paid: true })
  })

  test('show what can happen: a partial refund, a late payment, a correction, a note, a way back', async () => {
    const types = await query<{ type: string }>('SELECT DISTINCT type FROM order_events ORDER BY type')
    assert.deepEqual(
      types.map(({ type }) => type),
      [
        'cancelled',
        'delivered',
        'noted',
        'paid',
        'paid_late',
        'placed',
        'readdressed',
        'refunded',
        'reverted',
        'shipped',
        'tracked',
      ],
    )
    const order = async (code: string, userId: string) => {
      const url = `/orders/${idOf(code)}`
      return (await context.app.inject({ url, headers: await asUser(userId) })).json()
    }
    const partly = await order('e0005', alice)
    assert.deepEqual(
      [partly.status, partly.refundedAmount, partly.totalAmount],
      ['delivered', 1850, 4 * 1850 + 2690],
    )
    const late = await order('e0014', bob)
    assert.deepEqual([late.status, late.latePayment, late.refundedAmount], ['cancelled', true, 0])
    const corrected = await order('e0008', alice)
    assert.deepEqual(corrected.shipment, {
      carrier: 'Parcel Post',
      trackingNumber: 'PP1080',
      trackingUrl: 'https://parcels.example.com/PP1080',
    })
    assert.deepEqual(corrected.metadata, { campaign: 'autumn' })
    const moved = await order('e0016', bob)
    assert.equal(moved.shippingAddress.line1, 'c/o Example Ltd')
    const inParts = await order('e0003', alice)
    assert.deepEqual([inParts.status, inParts.refundedAmount], ['refunded', 8950 + 595])
  })

  test('have histories that the service shows, and can be moved on', async () => {
    const headers = await asUser(operatorId, 'admin')
    const history = await context.app.inject({ url: `/admin/orders/${idOf('e0002')}/history`, headers })
    assert.deepEqual(
      history.json().data.map(({ type, actor }: { type: string; actor: object }) => [type, actor]),
      [
        ['placed', { id: alice, role: 'customer' }],
        ['paid', operator],
        ['shipped', operator],
        ['noted', operator],
        ['delivered', operator],
      ],
    )
    const refund = await context.app.inject({
      method: 'POST',
      url: `/admin/orders/${idOf('e0014')}/refund`,
      headers,
      body: { reason: 'Cancelled' },
    })
    assert.deepEqual([refund.statusCode, refund.json().latePayment], [200, false], refund.body)
  })
})

describe('seeding', () => {
  let database: TestDatabase

  beforeEach(async () => {
    database = await createTestDatabase('order_service')
  })
  afterEach(() => database.drop())

  const dump = async () => ({
    orders: await database.owner.query({ text: 'SELECT * FROM orders ORDER BY id' }),
    items: await database.owner.query({ text: 'SELECT * FROM order_items ORDER BY order_id, position' }),
    events: await database.owner.query({ text: 'SELECT * FROM order_events ORDER BY order_id, version' }),
  })

  test('again inserts the missing orders, whole, and changes no others', async () => {
    await seedAll(database)
    const first = await dump()
    assert.equal(await seedAll(database), 0)
    assert.deepEqual(await dump(), first)
    const gone = [idOf('e0002'), idOf('e0014')]
    await database.owner.query({ text: 'DELETE FROM orders WHERE id = ANY ($1)', values: [gone] })
    assert.equal(await seedAll(database), 2)
    const second = await dump()
    assert.deepEqual(
      [second.orders.length, second.items.length, second.events.length],
      [first.orders.length, first.items.length, first.events.length],
    )
    const kept = ({ id }: { id?: unknown }) => !gone.includes(id as string)
    assert.deepEqual(
      (second.orders as { id: string }[]).filter(kept),
      (first.orders as { id: string }[]).filter(kept),
    )
  })

  test('leaves out the orders of a user who is gone, and those with a product that is', async () => {
    await seedAll(database)
    for (const text of [
      'DELETE FROM orders',
      `DELETE FROM users WHERE id = '${bob}'`,
      `INSERT INTO users (email, password_hash, name) VALUES ('bob@example.com', '$argon2id$x', 'Another Bob')`,
    ])
      await database.owner.query({ text })
    // a product whose currency has changed no longer goes with the other items
    await database.owner.query({ text: `UPDATE products SET currency = 'USD' WHERE id = '${idOf('f0003')}'` })
    assert.equal(await seedAll(database), 10 - 2)
    await database.owner.query({ text: 'DELETE FROM orders' })
    await database.owner.query({ text: `DELETE FROM products WHERE id = '${idOf('f0005')}'` })
    const order = services.filter(({ name }) => name === 'order')
    assert.equal(await seed({ databaseUrl: database.urlOf('owner'), services: order }), 10 - 5)
    const missing = ['e0002', 'e0003', 'e0005', 'e0006', 'e0009'].map(idOf)
    const orders = await database.owner.query<{ id: string }>({ text: 'SELECT id FROM orders' })
    assert.ok(orders.every(({ id }) => !missing.includes(id)))
  })

  test('changes none of the demo orders of the version before', async () => {
    const target = {
      databaseUrl: database.urlOf('owner'),
      services: services.filter(({ name }) => name === 'order'),
    }
    let undone: string[]
    do undone = await migrateDown(target)
    while (!undone.includes('order/0008_create-items-and-events'))
    await seed({ ...target, services: services.filter(({ name }) => name !== 'order') })
    await database.owner.query({
      text: `INSERT INTO orders (id, user_id, product_id, product_name, unit_amount, currency, quantity, status, created_at, updated_at)
             SELECT code::uuid, '${alice}', products.id, name, unit_amount, currency, 2, status, now() - interval '9 days', now() - interval '8 days'
             FROM products, (VALUES ('${idOf('e0002')}', 'delivered'), ('${idOf('e0003')}', 'refunded')) AS demo (code, status)
             WHERE products.id = '${idOf('f0004')}'`,
    })
    await migrateUp(target)
    const before = await dump()
    assert.equal(await seedAll(database), 15)
    const after = await dump()
    for (const table of ['orders', 'items', 'events'] as const) {
      const texts = after[table].map((row) => JSON.stringify(row))
      for (const row of before[table]) assert.ok(texts.includes(JSON.stringify(row)), JSON.stringify(row))
    }
    assert.equal(after.orders.length, 17)
  })
})
