import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrateDown, migrateUp } from '@shop/database/migrations'
import { services } from '@shop/database/services'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { insertOrder, insertProduct, insertUser } from '../app.ts'

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('order_service')
})
after(() => database.drop())

/** Returns by constraint whether PostgreSQL has checked the existing rows. */
const checks = () =>
  database.owner.query({
    text: `SELECT conname AS name, convalidated AS "isValid" FROM pg_constraint
           WHERE conrelid = 'orders'::regclass AND conname ~ '_at_check$' ORDER BY conname`,
  })

const both = (isValid: boolean) =>
  ['orders_created_at_check', 'orders_updated_at_check'].map((name) => ({ name, isValid }))

test('earlier rows with impossible times are kept and reported by the migration, and do not stop it', async () => {
  assert.deepEqual(await checks(), both(true))
  const lines: string[] = []
  const target = {
    databaseUrl: database.urlOf('owner'),
    services: services.filter(({ name }) => name === 'order'),
    log: (line: string) => lines.push(line),
  }
  let undone: string[]
  do undone = await migrateDown(target)
  while (!undone.includes('order/0006_check-order-times'))
  assert.deepEqual(await checks(), [])
  const userId = await insertUser(database)
  const id = await insertOrder(database, {
    userId,
    productId: await insertProduct(database),
    createdAt: 'infinity',
  })

  await migrateUp(target)

  const [row] = await database.owner.query({
    text: `SELECT count(DISTINCT xmin::text)::int AS transactions FROM order_migrations
           WHERE name IN ('0006_check-order-times', '0007_validate-order-times')`,
  })
  assert.deepEqual(row, { transactions: 2 }, 'the rows are not read under the lock of the first')

  assert.deepEqual(await checks(), both(false))
  const rows = await database.owner.query({
    text: 'SELECT id, created_at::text AS time FROM orders WHERE NOT isfinite(created_at)',
  })
  assert.deepEqual(rows, [{ id, time: 'infinity' }])
  const validate = /run: (ALTER TABLE orders VALIDATE CONSTRAINT .*;)/.exec(lines.join('\n'))?.[1]
  assert.ok(validate, lines.join('\n'))

  await database.owner.query({
    text: 'UPDATE orders SET created_at = now(), updated_at = now() WHERE NOT isfinite(created_at)',
  })
  await database.owner.query({ text: validate })
  assert.deepEqual(await checks(), both(true))
})
