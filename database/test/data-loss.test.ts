import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { migrateDown, migrateUp, seed } from '../src/migrations.ts'
import { services } from '../src/services.ts'
import { openScratch, query, runCommand, type Scratch } from './scratch.ts'

let scratch: Scratch
let databaseUrl: string

beforeEach(async () => {
  scratch ??= await openScratch()
  databaseUrl = (await scratch.createDatabase()).url
  await migrateUp({ databaseUrl })
})
after(() => scratch.close())

/** Takes back migrations of the order service until `name` is the next one, even if that deletes data. */
async function downTo(name: string) {
  for (;;) {
    const [row] = await query<{ name: string }>(
      databaseUrl,
      'SELECT name FROM order_migrations ORDER BY position DESC LIMIT 1',
    )
    if (row?.name === name) return
    await migrateDown({ databaseUrl, services: order, force: true })
  }
}

/** The relay refers to the orders, so its migrations are taken back first. */
const order = services.filter(({ name }) => name === 'order' || name === 'relay')

test('down names a table with rows and changes nothing without --force', async () => {
  await seed({ databaseUrl })
  await downTo('0005_index-order-lists')
  // this one changes indexes only
  assert.deepEqual(await migrateDown({ databaseUrl }), ['order/0005_index-order-lists'])
  await query(
    databaseUrl,
    `INSERT INTO idempotency_keys (user_id, key, fingerprint, status, body, location, expires_at)
     SELECT id, 'key', '', 201, '', '', now() FROM users LIMIT 2`,
  )

  const refused = await runCommand(['down'], { DATABASE_URL: databaseUrl })
  assert.equal(refused.code, 1)
  assert.match(refused.output, /order\/0004_create-idempotency-keys would delete/)
  assert.match(refused.output, /the table idempotency_keys, with 2 rows/)
  assert.match(refused.output, /Nothing was changed\. .*--force/)
  assert.deepEqual(await query(databaseUrl, 'SELECT count(*)::int AS keys FROM idempotency_keys'), [
    { keys: 2 },
  ])

  const forced = await runCommand(['down', '--force'], { DATABASE_URL: databaseUrl })
  assert.equal(forced.output, 'took back order/0004_create-idempotency-keys\n')
  assert.deepEqual(await query(databaseUrl, `SELECT to_regclass('idempotency_keys') AS gone`), [
    { gone: null },
  ])
})

test('down names each column with values', async () => {
  await downTo('0002_add-order-details')
  await query(
    databaseUrl,
    `INSERT INTO users (email, password_hash, name) VALUES ('a@example.com', '$argon2id$', 'A');
     INSERT INTO products (name, unit_amount, currency) VALUES ('Thing', 1, 'EUR');
     INSERT INTO orders (user_id, product_id, product_name, unit_amount, currency)
       SELECT users.id, products.id, 'Thing', 1, 'EUR' FROM users, products`,
  )
  await assert.rejects(migrateDown({ databaseUrl, services: order }), {
    name: 'DataLossError',
    losses: ['product_name', 'unit_amount', 'currency', 'quantity', 'version'].map((column) => ({
      table: 'orders',
      column,
      rows: 1,
    })),
  })
  assert.deepEqual(await query(databaseUrl, 'SELECT quantity FROM orders'), [{ quantity: 1 }])
})

test('down takes back empty tables without --force', async () => {
  await downTo('0005_index-order-lists')
  const { output } = await runCommand(['down', 'order'], { DATABASE_URL: databaseUrl })
  assert.equal(output, 'took back order/0005_index-order-lists\n')
  const { output: next } = await runCommand(['down', 'order'], { DATABASE_URL: databaseUrl })
  assert.equal(next, 'took back order/0004_create-idempotency-keys\n')
})
