import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrateDown, migrateUp } from '@shop/database/migrations'
import { services } from '@shop/database/services'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { insertProduct, insertUser } from '../app.ts'

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('order_service')
})
after(() => database.drop())

test('orders from before are filled from the catalogue and counted', async () => {
  const target = {
    databaseUrl: database.urlOf('owner'),
    services: services.filter(({ name }) => name === 'order'),
  }
  let undone: string[]
  do undone = await migrateDown(target)
  while (!undone.includes('order/0002_add-order-details'))
  const userId = await insertUser(database)
  const productId = await insertProduct(database)
  await database.owner.query({
    text: `INSERT INTO orders (user_id, product_id, status) VALUES ($1, $2, 'paid'), ($1, $2, 'paid'), ($1, $2, 'pending')`,
    values: [userId, productId],
  })

  await migrateUp(target)

  const rows = await database.owner.query({
    text: 'SELECT DISTINCT product_name, unit_amount, currency, quantity FROM orders',
  })
  assert.deepEqual(rows, [{ product_name: 'Thing', unit_amount: 1250, currency: 'EUR', quantity: 1 }])
  const counts = await database.owner.query({
    text: 'SELECT status, count::int FROM order_counts ORDER BY status',
  })
  assert.deepEqual(counts, [
    { status: 'paid', count: 2 },
    { status: 'pending', count: 1 },
  ])
})
