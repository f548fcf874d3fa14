import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('product_service')
})
after(() => database.drop())

const INSUFFICIENT_PRIVILEGE = { code: '42501' }

for (const statement of [
  'DELETE FROM products',
  'TRUNCATE products',
  'DROP TABLE products',
  'ALTER TABLE products ADD COLUMN extra text',
  'SELECT FROM users',
  'SELECT FROM signing_keys',
  'SELECT FROM orders',
  'UPDATE orders SET product_id = product_id',
  "INSERT INTO product_migrations (name, run_on) VALUES ('x', now())",
  'CREATE TABLE mine (id int)',
  'CREATE TEMP TABLE mine (id int)',
  'CREATE SCHEMA mine',
  'CREATE ROLE mine',
  "COPY products TO PROGRAM 'true'",
]) {
  test(`product_service may not ${statement}`, async () => {
    await assert.rejects(database.db.query({ text: statement }), INSUFFICIENT_PRIVILEGE)
  })
}

for (const statement of [
  "INSERT INTO products (name, unit_amount, currency) VALUES ('Kettle', 4900, 'EUR')",
  "UPDATE products SET name = 'Teapot'",
  'SELECT * FROM products',
  'SELECT * FROM product_migrations',
]) {
  test(`product_service may ${statement}`, async () => {
    await database.db.query({ text: statement })
  })
}

const CHECK_VIOLATION = { code: '23514' }

for (const [column, value] of [
  ['name', "''"],
  ['name', "repeat('n', 201)"],
  ['description', "repeat('d', 5001)"],
  ['unit_amount', '-1'],
  ['currency', "'eur'"],
  ['currency', "'E'"],
]) {
  test(`the table itself refuses ${value} for ${column}`, async () => {
    const columns = { name: "'Kettle'", description: "''", unit_amount: '1', currency: "'EUR'" }
    const values = Object.values({ ...columns, [String(column)]: value }).join(', ')
    await assert.rejects(
      database.db.query({ text: `INSERT INTO products (${Object.keys(columns)}) VALUES (${values})` }),
      CHECK_VIOLATION,
    )
  })
}
