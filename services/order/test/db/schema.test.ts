import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Query } from '@shop/service/database/database'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import { insertOrder, insertProduct, insertUser } from '../app.ts'

let database: TestDatabase
let userId: string
let productId: string

before(async () => {
  database = await createTestDatabase('order_service')
  userId = await insertUser(database)
  productId = await insertProduct(database)
})
after(() => database.drop())

const state = (code: string) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, code)
  return true
}

const insert = (values: unknown[]): Query => ({
  text: `INSERT INTO orders (user_id, product_id, status, product_name, quantity, unit_amount, currency) VALUES ($1, $2, $3, 'Thing', 1, 1, 'EUR')`,
  values,
})

test('an order for an unknown user or product is refused by the database itself', async () => {
  const foreignKeyViolation = state('23503')
  await assert.rejects(database.owner.query(insert([uuidv7(), productId, 'paid'])), foreignKeyViolation)
  await assert.rejects(database.owner.query(insert([userId, uuidv7(), 'paid'])), foreignKeyViolation)
})

test('an ordered product, and a user with orders, cannot be deleted', async () => {
  await insertOrder(database, { userId, productId })
  // 23503 by RESTRICT's own code from PostgreSQL 18 on
  const restricted = (error: unknown) => /^2(3503|3001)$/.test((error as { code: string }).code)
  await assert.rejects(
    database.owner.query({ text: 'DELETE FROM products WHERE id = $1', values: [productId] }),
    restricted,
  )
  await assert.rejects(
    database.owner.query({ text: 'DELETE FROM users WHERE id = $1', values: [userId] }),
    restricted,
  )
})

test('a status outside the list, or none, is refused', async () => {
  await assert.rejects(database.owner.query(insert([userId, productId, 'lost'])), state('23514'))
  await assert.rejects(database.owner.query(insert([userId, productId, null])), state('23502'))
})

test('the table is as designed', async () => {
  const columns = await database.owner.query<{ column: string }>({
    text: `SELECT concat_ws(' ', attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'not null' END,
             pg_get_expr(adbin, adrelid)) AS column
           FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
           WHERE attrelid = 'orders'::regclass AND attnum > 0 ORDER BY attnum`,
  })
  assert.deepEqual(
    columns.map(({ column }) => column),
    [
      'id uuid not null gen_random_uuid()',
      'user_id uuid not null',
      'product_id uuid not null',
      "status text not null 'pending'::text",
      'created_at timestamp with time zone not null now()',
      'updated_at timestamp with time zone not null now()',
      'product_name text not null',
      'unit_amount integer',
      'currency character(3) not null',
      'quantity integer',
      'version integer not null 1',
      'item_count integer not null 1',
      'total_amount bigint not null',
      'refunded_amount bigint not null 0',
      'shipping_address jsonb',
      'metadata jsonb',
      'payment_reference text',
      'late_payment boolean not null false',
      'carrier text',
      'tracking_number text',
      'tracking_url text',
    ],
  )
  const indexes = await database.owner.query<{ definition: string }>({
    text: `SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indrelid = 'orders'::regclass ORDER BY 1`,
  })
  assert.deepEqual(
    indexes.map(({ definition }) => definition.replace(/^.* USING btree /, '')),
    [
      '(created_at DESC NULLS LAST, id DESC NULLS LAST) WHERE late_payment',
      '(user_id, created_at DESC, id DESC) INCLUDE (product_id, product_name, item_count, total_amount, refunded_amount, currency, status, version, updated_at)',
      '(user_id, status, created_at DESC NULLS LAST, id DESC)',
      '(order_number_value(id))',
      '(created_at DESC NULLS LAST, id DESC NULLS LAST) INCLUDE (currency, total_amount)',
      '(product_id)',
      '(status, created_at DESC NULLS LAST, id DESC NULLS LAST)',
      '(tracking_number, created_at DESC NULLS LAST, id DESC) WHERE (tracking_number IS NOT NULL)',
      '(id)',
    ],
  )
})

const forbidden: Record<string, string> = {
  'read users': 'SELECT * FROM users',
  'read signing keys': 'SELECT * FROM signing_keys',
  'read products': 'SELECT * FROM products',
  'change products': 'UPDATE products SET unit_amount = 0',
  'delete orders': 'DELETE FROM orders',
  'change what was ordered': 'UPDATE orders SET product_id = product_id',
  'change whose order it is': 'UPDATE orders SET user_id = user_id',
  'change a total': 'UPDATE orders SET total_amount = 0',
  'change items': 'UPDATE order_items SET quantity = 1',
  'delete items': 'DELETE FROM order_items',
  'change the history': "UPDATE order_events SET data = '{}'",
  'delete the history': 'DELETE FROM order_events',
  'switch the guards off': 'ALTER TABLE orders DISABLE TRIGGER review_changed_order',
  'switch all triggers off': 'SET session_replication_role = replica',
  'empty orders': 'TRUNCATE orders',
  'drop orders': 'DROP TABLE orders',
  'alter orders': 'ALTER TABLE orders ADD COLUMN x int',
  'make tables': 'CREATE TABLE x (id int)',
  'make temporary tables': 'CREATE TEMP TABLE x (id int)',
  'forge migrations': "INSERT INTO order_migrations (name, run_on) VALUES ('x', now())",
  'set the counts': 'UPDATE order_counts SET count = 0',
  'forge the counts': "INSERT INTO order_counts VALUES (gen_random_uuid(), 'paid', 1)",
  'become the owner': 'SET ROLE shop',
  'run programs': "COPY orders TO PROGRAM 'cat'",
}

for (const [action, text] of Object.entries(forbidden)) {
  test(`the service's role may not ${action}`, async () => {
    // insufficient_privilege, also for SET ROLE to the owner
    await assert.rejects(database.db.query({ text }), state('42501'))
  })
}

test("the service's role may do what the service does", async () => {
  const statement = insert([userId, productId, 'pending'])
  const [row] = await database.db.query<{ id: string }>({
    ...statement,
    text: `${statement.text} RETURNING id`,
  })
  await database.db.query({
    text: `
      WITH changed AS (
        UPDATE orders SET status = 'paid', version = version + 1, updated_at = now() WHERE id = $1 RETURNING *
      )
      INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at, amount, currency)
      SELECT gen_random_uuid(), user_id, id, version, 'paid', status, '{}', updated_at, total_amount, currency
      FROM changed`,
    values: [row?.id],
  })
  const [timeouts] = await database.db.query<{ lock: string; idle: string }>({
    text: `SELECT current_setting('lock_timeout') AS lock, current_setting('idle_in_transaction_session_timeout') AS idle`,
  })
  assert.deepEqual(timeouts, { lock: '2s', idle: '10s' })
})
