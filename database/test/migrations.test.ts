import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { acquireTestServer } from '@shop/tests/kit/database'
import pg from 'pg'
import { migrateDown, migrateReset, migrateUp, seed } from '../src/migrations.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const services = ['user', 'product', 'order'].map((name) => join(root, 'services', name))
const all = [
  'user/0001_create-users',
  'user/0002_create-signing-keys',
  'user/0003_check-user-times',
  'user/0004_validate-user-times',
  'product/0001_create-products',
  'product/0002_check-product-times',
  'product/0003_validate-product-times',
  'order/0001_create-orders',
  'order/0002_add-order-details',
  'order/0003_create-order-counts',
  'order/0004_create-idempotency-keys',
  'order/0005_index-order-lists',
  'order/0006_check-order-times',
  'order/0007_validate-order-times',
]
const cli = join(root, 'database/src/cli.ts')

let server: Awaited<ReturnType<typeof acquireTestServer>>
let admin: pg.Client
let databaseUrl: string
const name = `test_${process.pid}_migrations`

before(async () => {
  server = await acquireTestServer()
  admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  databaseUrl = Object.assign(new URL(server.url), { pathname: `/${name}` }).href
})
beforeEach(async () => {
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await admin.query(`CREATE DATABASE ${name}`)
})
after(async () => {
  await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
  await admin.end()
  await server.release()
})

async function query(text: string) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** Runs the command as npm scripts do. */
async function run(...args: string[]) {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'close')
  return { code, output }
}

test('up applies all that is missing in order, and again nothing', async () => {
  assert.deepEqual(await migrateUp({ databaseUrl, services }), all)
  assert.deepEqual(await migrateUp({ databaseUrl, services }), [])
})

test('four processes at once apply each migration once, and all succeed', async () => {
  const runs = await Promise.all(Array.from({ length: 4 }, () => run('up', ...services)))
  assert.deepEqual(
    runs.map(({ code }) => code),
    [0, 0, 0, 0],
    runs.map(({ output }) => output).join('\n'),
  )
  const applied = runs.flatMap(({ output }) =>
    output.split('\n').filter((line) => line.startsWith('applied ')),
  )
  assert.deepEqual(
    applied,
    all.map((each) => `applied ${each}`),
  )
})

test('a process that waits for the lock goes on when the one that holds it is killed', async () => {
  const holder = new pg.Client({ connectionString: databaseUrl })
  holder.on('error', () => {})
  await holder.connect()
  await holder.query('SELECT pg_advisory_lock(7301995412)')
  const waiting = migrateUp({ databaseUrl, services })
  await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND pid IN
    (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`)
  assert.deepEqual(await waiting, all)
})

test('down takes back the last one, one at a time, until nothing is left', async () => {
  await migrateUp({ databaseUrl, services })
  const undone: string[] = []
  for (let i = 0; i < all.length; i++) undone.push(...(await migrateDown({ databaseUrl, services })))
  assert.deepEqual(undone, all.toReversed())
  assert.deepEqual(await migrateDown({ databaseUrl, services }), [])
  const tables = await query(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%_migrations'`,
  )
  assert.deepEqual(tables, [])
})

test('up, down and up again leads to the same schema', async () => {
  const describe = `SELECT table_name, column_name, data_type, column_default, is_nullable FROM information_schema.columns
    WHERE table_schema = 'public' ORDER BY 1, 2`
  await migrateUp({ databaseUrl, services })
  const first = await query(describe)
  for (let i = 0; i < all.length; i++) await migrateDown({ databaseUrl, services })
  await migrateUp({ databaseUrl, services })
  assert.deepEqual(await query(describe), first)
})

test('reset of one service empties it, and applies first what it needs', async () => {
  const [user, product, order] = services as [string, string, string]
  const reset = () => migrateReset({ databaseUrl, services: [order], after: [user, product] })
  assert.deepEqual(await reset(), all)
  await seed({ databaseUrl, services })
  assert.deepEqual(
    await reset(),
    all.filter((name) => name.startsWith('order/')),
  )
  const [rows] = await query(
    'SELECT (SELECT count(*)::int FROM orders) AS orders, (SELECT count(*)::int FROM users) AS users',
  )
  assert.deepEqual(rows, { orders: 0, users: 4 })
})

test('a service whose tables others refer to is not reset under them, and the command says what to do', async () => {
  await migrateUp({ databaseUrl, services })
  const { code, output } = await run('reset', services[0] as string)
  assert.equal(code, 1)
  assert.match(output, /npm run migrate:reset/)
  const [row] = await query(
    `SELECT to_regclass('users') IS NOT NULL AND to_regclass('signing_keys') IS NOT NULL AS present`,
  )
  assert.equal(row.present, true)
})

test('a migration that fails leaves nothing of itself behind', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const broken = join(folder, 'user')
  cpSync(services[0] as string, broken, { recursive: true })
  writeFileSync(
    join(broken, 'migrations/0003_broken.sql'),
    '-- Up Migration\nCREATE TABLE half ();\nSELECT 1/0;\n',
  )

  await assert.rejects(migrateUp({ databaseUrl, services: [broken] }), /division by zero/)
  const [row] = await query(`SELECT to_regclass('half') AS half`)
  assert.equal(row.half, null)
})

test('seeds may be run any number of times, also after the data changed', async () => {
  await migrateUp({ databaseUrl, services })
  assert.ok((await seed({ databaseUrl, services })) >= 4 + 6 + 14)
  const dump = 'SELECT * FROM orders ORDER BY id'
  const first = await query(dump)
  assert.equal(await seed({ databaseUrl, services }), 0)
  assert.deepEqual(await query(dump), first)

  await query(`UPDATE orders SET status = 'cancelled' WHERE status = 'pending'`)
  await query(`UPDATE users SET email = 'else@example.com', name = 'Else' WHERE email = 'carol@example.com'`)
  await query(`DELETE FROM orders WHERE user_id = (SELECT id FROM users WHERE email = 'bob@example.com')`)
  await query(`DELETE FROM users WHERE email = 'bob@example.com'`)
  await query(
    `INSERT INTO users (email, password_hash, name) VALUES ('Bob@example.com', '$argon2id$x', 'Another Bob')`,
  )
  await seed({ databaseUrl, services })
  const [row] = await query(`SELECT count(*)::int AS pending FROM orders WHERE status = 'pending'`)
  assert.equal(row.pending, 0)
})

test('the demo orders are what the README promises', async () => {
  await migrateUp({ databaseUrl, services })
  await seed({ databaseUrl, services })
  const perUser =
    await query(`SELECT email, role, count(orders.id)::int AS orders FROM users LEFT JOIN orders ON user_id = users.id
    GROUP BY users.id ORDER BY email`)
  assert.deepEqual(perUser, [
    { email: 'admin@example.com', role: 'admin', orders: 0 },
    { email: 'alice@example.com', role: 'customer', orders: 10 },
    { email: 'bob@example.com', role: 'customer', orders: 7 },
    { email: 'carol@example.com', role: 'customer', orders: 0 },
  ])
  const [facts] = await query(`SELECT count(DISTINCT status)::int AS statuses,
    count(*) > count(DISTINCT created_at) AS ties,
    bool_and(created_at BETWEEN now() - interval '1 year' AND now()) AS within_a_year FROM orders`)
  assert.deepEqual(facts, { statuses: 6, ties: true, within_a_year: true })
})

test('after a reset the roles have their rights again', async () => {
  await migrateUp({ databaseUrl, services })
  await migrateReset({ databaseUrl, services })
  const [row] = await query(`SELECT has_table_privilege('order_service', 'orders', 'INSERT') AS orders,
    has_table_privilege('order_service', 'orders', 'DELETE') AS deletion,
    has_table_privilege('user_service', 'users', 'INSERT') AS users,
    has_table_privilege('product_service', 'products', 'UPDATE') AS products`)
  assert.deepEqual(row, { orders: true, deletion: false, users: true, products: true })
})

test('what is wrong with the words of a command is said before a database is opened', async () => {
  for (const args of [['frob', 'services/user'], [], ['up'], ['roles', 'database/roles.sql']]) {
    const child = spawn(process.execPath, [cli, ...args], {
      env: { PATH: process.env.PATH, DATABASE_URL: 'postgres://127.0.0.1:1/none' },
    })
    let output = ''
    child.stderr.on('data', (chunk) => (output += chunk))
    const [code] = await once(child, 'close')
    assert.equal(code, 1)
    assert.match(output, /unknown command frob|is needed|_DB_PASSWORD is required/)
  }
})

for (const url of [
  'postgres://u:hunter2@db.example.com/shop',
  'postgres://u:hunter2@localhost/shop?host=db.example.com',
  'postgres:///shop?host=db.example.com&password=hunter2',
]) {
  test(`a reset of a database on another machine is refused: ${url.replace('hunter2', '…')}`, async () => {
    const child = spawn(process.execPath, [cli, 'reset', ...services], {
      env: { ...process.env, DATABASE_URL: url },
    })
    let output = ''
    child.stderr.on('data', (chunk) => (output += chunk))
    const [code] = await once(child, 'close')
    assert.equal(code, 1)
    assert.match(output, /delete all data on db\.example\.com/)
    assert.doesNotMatch(output, /hunter2/)
  })
}
