import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase('relay_service')
})
after(() => database.drop())

for (const text of [
  'SELECT id FROM users',
  'SELECT id FROM products',
  'SELECT FROM idempotency_keys',
  'SELECT FROM signing_keys',
  'SELECT shipping_address FROM orders',
  'SELECT metadata FROM orders',
  'SELECT payment_reference FROM orders',
  'UPDATE orders SET version = 1',
  'UPDATE order_events SET version = 1',
  'DELETE FROM order_events',
  'UPDATE order_events_pending SET version = 1',
  'UPDATE feed SET position = 1',
  'TRUNCATE feed',
])
  test(`the relay may not ${text}`, async () => {
    await assert.rejects(database.db.query({ text }), { code: '42501' })
  })
