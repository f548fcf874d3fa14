import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { acquireTestServer, testInstallation } from '@shop/tests/kit/database'
import pg from 'pg'
import { migrateDown, migrateReset, migrateUp, seed } from '../src/migrations.ts'
import { type Service, services } from '../src/services.ts'

const [user, product, order] = services as [Service, Service, Service]
const all = [
  'user/0001_create-users',
  'user/0002_create-signing-keys',
  'user/0003_check-user-times',
  'user/0004_validate-user-times',
  'user/0005_create-sessions',
  'user/0006_allow-deleted-users',
  'user/0007_validate-deleted-users',
  'user/0008_allow-users-without-password',
  'user/0009_validate-users-without-password',
  'product/0001_create-products',
  'product/0002_check-product-times',
  'product/0003_validate-product-times',
  'product/0004_ensure-products',
  'order/0001_create-orders',
  'order/0002_add-order-details',
  'order/0003_create-order-counts',
  'order/0004_create-idempotency-keys',
  'order/0005_index-order-lists',
  'order/0006_check-order-times',
  'order/0007_validate-order-times',
  'order/0008_create-items-and-events',
  'order/0009_fill-items-and-events',
  'order/0010_index-orders',
  'order/0011_guard-orders',
  'order/0012_create-export-links',
  'order/0013_erase-personal-data',
  'order/0014_place-in-batches',
  'order/0015_loop-over-changed-rows',
  'order/0016_announce-events',
  'order/0017_refuse-deleted-users',
  'relay/0001_create-feed',
  'relay/0002_create-webhooks',
  'relay/0003_wait-for-event',
]
const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

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

/** Runs the command like the npm scripts. */
async function run(...args: string[]) {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'close')
  return { code, output }
}

test('up applies all missing migrations in order; a second up applies nothing', async () => {
  assert.deepEqual(await migrateUp({ databaseUrl }), all)
  assert.deepEqual(await migrateUp({ databaseUrl }), [])
})

test('four simultaneous processes apply each migration once, and all succeed', async () => {
  const runs = await Promise.all(Array.from({ length: 4 }, () => run('up')))
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

test('a process that waits for the lock continues when its holder is killed', async () => {
  const holder = new pg.Client({ connectionString: databaseUrl })
  holder.on('error', () => {})
  await holder.connect()
  await holder.query('SELECT pg_advisory_lock(7301995412)')
  const waiting = migrateUp({ databaseUrl })
  await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND pid IN
    (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)`)
  assert.deepEqual(await waiting, all)
})

test('down takes back the last one, one at a time, until nothing is left', async () => {
  await migrateUp({ databaseUrl })
  const undone: string[] = []
  for (let i = 0; i < all.length; i++) undone.push(...(await migrateDown({ databaseUrl })))
  assert.deepEqual(undone, all.toReversed())
  assert.deepEqual(await migrateDown({ databaseUrl }), [])
  const tables = await query(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%_migrations'`,
  )
  assert.deepEqual(tables, [])
})

test('up, down and up again leads to the same schema', async () => {
  const describe = `SELECT table_name, column_name, data_type, column_default, is_nullable FROM information_schema.columns
    WHERE table_schema = 'public' ORDER BY 1, 2`
  await migrateUp({ databaseUrl })
  const first = await query(describe)
  for (let i = 0; i < all.length; i++) await migrateDown({ databaseUrl })
  await migrateUp({ databaseUrl })
  assert.deepEqual(await query(describe), first)
})

test('reset of one service empties it, and first applies the migrations it needs', async () => {
  const reset = () => migrateReset({ databaseUrl, services: [order], after: [user, product] })
  assert.deepEqual(
    await reset(),
    all.filter((name) => !name.startsWith('relay/')),
  )
  await seed({ databaseUrl })
  assert.deepEqual(
    await reset(),
    all.filter((name) => name.startsWith('order/')),
  )
  const [rows] = await query(
    'SELECT (SELECT count(*)::int FROM orders) AS orders, (SELECT count(*)::int FROM users) AS users',
  )
  assert.deepEqual(rows, { orders: 0, users: 4 })
})

test('a service whose tables others refer to is not reset, and the command explains what to do', async () => {
  await migrateUp({ databaseUrl })
  const { code, output } = await run('reset', 'user')
  assert.equal(code, 1)
  assert.match(output, /npm run migrate:reset/)
  const [row] = await query(
    `SELECT to_regclass('users') IS NOT NULL AND to_regclass('signing_keys') IS NOT NULL AS present`,
  )
  assert.equal(row.present, true)
})

test('a migration that fails leaves nothing behind', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const broken = join(folder, 'user')
  cpSync(user.folder, broken, { recursive: true })
  writeFileSync(
    join(broken, 'migrations/9999_broken.sql'),
    '-- Up Migration\nCREATE TABLE half ();\nSELECT 1/0;\n-- Down Migration\n',
  )

  await assert.rejects(
    migrateUp({ databaseUrl, services: [{ ...user, folder: broken }] }),
    /division by zero/,
  )
  const [row] = await query(`SELECT to_regclass('half') AS half`)
  assert.equal(row.half, null)
})

test('seeds may be run any number of times, also after the data changed', async () => {
  await migrateUp({ databaseUrl })
  assert.ok((await seed({ databaseUrl })) >= 4 + 6 + 14)
  const dump = 'SELECT * FROM orders ORDER BY id'
  const first = await query(dump)
  assert.equal(await seed({ databaseUrl }), 0)
  assert.deepEqual(await query(dump), first)

  await query(`
    WITH changed AS (
      UPDATE orders SET status = 'cancelled', version = version + 1, updated_at = now() WHERE status = 'pending'
      RETURNING *
    )
    INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at)
    SELECT uuid_v7(updated_at), user_id, id, version, 'cancelled', status, '{}', updated_at FROM changed`)
  await query(`UPDATE users SET email = 'else@example.com', name = 'Else' WHERE email = 'carol@example.com'`)
  await query(`DELETE FROM orders WHERE user_id = (SELECT id FROM users WHERE email = 'bob@example.com')`)
  await query(`DELETE FROM users WHERE email = 'bob@example.com'`)
  await query(
    `INSERT INTO users (email, password_hash, name) VALUES ('Bob@example.com', '$argon2id$x', 'Another Bob')`,
  )
  await seed({ databaseUrl })
  const [row] = await query(`SELECT count(*)::int AS pending FROM orders WHERE status = 'pending'`)
  assert.equal(row.pending, 0)
})

test('the demo orders are as the README describes', async () => {
  await migrateUp({ databaseUrl })
  await seed({ databaseUrl })
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
  await migrateUp({ databaseUrl })
  await migrateReset({ databaseUrl, installation: testInstallation })
  const [row] = await query(`SELECT has_table_privilege('order_service', 'orders', 'INSERT') AS orders,
    has_table_privilege('order_service', 'orders', 'DELETE') AS deletion,
    has_table_privilege('user_service', 'users', 'INSERT') AS users,
    has_table_privilege('product_service', 'products', 'UPDATE') AS products`)
  assert.deepEqual(row, { orders: true, deletion: false, users: true, products: true })
})

test('after a reset of one service, those that read its tables have their rights again', async () => {
  await migrateUp({ databaseUrl })
  const target = { databaseUrl, installation: testInstallation }
  await migrateReset({ ...target, services: [order], after: [user, product] })
  const [row] = await query(`SELECT has_table_privilege('relay_service', 'order_events', 'SELECT') AS events`)
  assert.deepEqual(row, { events: true })
})

test('wrong arguments of a command are reported before a database is opened', async () => {
  for (const args of [['frob', 'user'], [], ['up', 'services/user'], ['roles']]) {
    const child = spawn(process.execPath, [cli, ...args], {
      env: { PATH: process.env.PATH, DATABASE_URL: 'postgres://127.0.0.1:1/none' },
    })
    let output = ''
    child.stderr.on('data', (chunk) => (output += chunk))
    const [code] = await once(child, 'close')
    assert.equal(code, 1)
    assert.match(
      output,
      /unknown command frob|a command is required|unknown service services\/user|_DB_PASSWORD is required/,
    )
  }
})

for (const url of [
  'postgres://u:hunter2@db.example.com/shop',
  'postgres://u:hunter2@localhost/shop?host=db.example.com',
  'postgres:///shop?host=db.example.com&password=hunter2',
]) {
  test(`a reset of a database on another machine is refused: ${url.replace('hunter2', '…')}`, async () => {
    const child = spawn(process.execPath, [cli, 'reset'], {
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
