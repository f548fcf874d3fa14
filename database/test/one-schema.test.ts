import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createDatabase } from '@shop/service/database/database'
import { databaseReadiness } from '@shop/service/http/readiness'
import { createLogger } from '@shop/service/logger'
import { migrateDown, migrateUp, seed } from '../src/migrations.ts'
import { urlForRole } from '../src/role-url.ts'
import { applyRoles } from '../src/roles.ts'
import { services } from '../src/services.ts'
import { openScratch, query, type Scratch, type ScratchDatabase } from './scratch.ts'

let scratch: Scratch

before(async () => {
  scratch = await openScratch()
})
after(() => scratch.close())

/** Migrates, seeds, reads like the services, and takes one migration back. */
async function useDatabase(database: ScratchDatabase, roles = scratch.newRoles()) {
  const databaseUrl = database.url
  const applied = await migrateUp({ databaseUrl })
  await applyRoles({ databaseUrl, roles })
  await seed({ databaseUrl })

  const elsewhere = await query(
    databaseUrl,
    `SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public')`,
  )
  assert.deepEqual(elsewhere, [])
  for (const { name, folder } of services) {
    const db = createDatabase(
      {
        databaseUrl: urlForRole(databaseUrl, roles[name]),
        databasePoolSize: 1,
        databaseConnectTimeoutMs: 10_000,
        databaseQueryTimeoutMs: 20_000,
        databasePrepared: true,
      },
      { name, logger: createLogger({ name, level: 'silent' }) },
    )
    try {
      const table = `${name}_migrations`
      await databaseReadiness(db, { table, folder: new URL(`file://${folder}/migrations/`) })()
      const [row] = await db.query<{ rows: number }>({
        text: `SELECT count(*)::int AS rows FROM ${name === 'relay' ? 'order_events_pending' : `${name}s`}`,
      })
      assert.ok(row && row.rows > 0)
    } finally {
      await db.close()
    }
  }
  assert.deepEqual(await migrateUp({ databaseUrl }), [])
  assert.deepEqual(await migrateDown({ databaseUrl, force: true }), [applied.at(-1)])
}

test('a schema with the name of the owner, which comes first by default, captures no table', async () => {
  const owner = await scratch.createRole('CREATEROLE')
  const database = await scratch.createDatabase(owner)
  await query(database.url, `CREATE SCHEMA ${owner.name}`)
  await useDatabase(database)
})

test('a search_path of the database captures no table', async () => {
  const database = await scratch.createDatabase()
  await query(database.url, 'CREATE SCHEMA app')
  await scratch.admin.query(`ALTER DATABASE ${database.name} SET search_path = app`)
  await useDatabase(database)
})

test('a search_path of the owner and a schema with the name of a role capture no table', async () => {
  const owner = await scratch.createRole('CREATEROLE')
  const database = await scratch.createDatabase(owner)
  const roles = scratch.newRoles()
  await query(database.url, `CREATE SCHEMA app; CREATE SCHEMA ${roles.order.name}`)
  await scratch.admin.query(`ALTER ROLE ${owner.name} SET search_path = app, public`)
  await useDatabase(database, roles)
})

test('tables of an earlier version in another schema are refused with a remedy', async () => {
  const database = await scratch.createDatabase()
  await query(
    database.url,
    'CREATE SCHEMA shop; CREATE TABLE shop.user_migrations (id int, name text, run_on timestamp); CREATE TABLE shop.users (id int)',
  )
  await assert.rejects(
    migrateUp({ databaseUrl: database.url }),
    /are in the schema shop, but this project keeps them in public\. .*SET SCHEMA public/s,
  )
})

test('a database without the schema public is refused with a remedy', async () => {
  const database = await scratch.createDatabase()
  await query(database.url, 'DROP SCHEMA public')
  await assert.rejects(
    migrateUp({ databaseUrl: database.url }),
    /has no schema public.*CREATE SCHEMA public/s,
  )
})
