import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrateDown, migrateReset, migrateUp, seed } from '../src/migrations.ts'
import { prepareDatabase } from '../src/prepare.ts'
import { applyRoles } from '../src/roles.ts'
import { openScratch, query, runCommand, type Scratch } from './scratch.ts'

let scratch: Scratch

before(async () => {
  scratch = await openScratch()
})
after(() => scratch.close())

/** Everything that this project changes in a database. */
const traces = `
  SELECT array_agg(relname ORDER BY relname) AS relations,
    (SELECT datacl::text FROM pg_database WHERE datname = current_database()) AS database,
    (SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public') AS schema
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'`

for (const [what, statements] of [
  ['tables in public', 'CREATE TABLE customers (id int)'],
  ['a view in public', 'CREATE VIEW answers AS SELECT 42 AS answer'],
  ['a function', 'CREATE FUNCTION public.answer() RETURNS int LANGUAGE sql AS $$ SELECT 42 $$'],
  ['a type', "CREATE TYPE mood AS ENUM ('good', 'bad')"],
  ['a sequence', 'CREATE SEQUENCE numbers'],
  ['tables in another schema', 'CREATE SCHEMA app; CREATE TABLE app.customers (id int)'],
  ['tables of our names, but no migrations', 'CREATE TABLE users (id int); CREATE TABLE orders (id int)'],
  [
    'a table named like a record of ours',
    'CREATE TABLE user_migrations (id int, name text, from_country text)',
  ],
] as const) {
  test(`a database with ${what} is refused by every command, and not touched`, async () => {
    const database = await scratch.createDatabase()
    await query(database.url, statements)
    const [before] = await query(database.url, traces)
    const roles = scratch.newRoles()
    const target = { databaseUrl: database.url, roles, seeds: true, log: () => {} }
    for (const attempt of [
      () => migrateUp(target),
      () => migrateDown(target),
      () => migrateReset(target),
      () => seed(target),
      () => applyRoles(target),
      () => prepareDatabase(target, (_title, work) => work()),
    ])
      await assert.rejects(
        attempt(),
        /belongs to another application.*Nothing was changed\. Create an empty database/s,
      )
    assert.deepEqual(await query(database.url, traces), [before])
    const { rows } = await scratch.admin.query('SELECT FROM pg_roles WHERE rolname = $1', [roles.user.name])
    assert.deepEqual(rows, [])
  })
}

test('the command reports that in one line', async () => {
  const database = await scratch.createDatabase()
  await query(database.url, 'CREATE TABLE customers (id int)')
  const { code, output } = await runCommand(['up'], { DATABASE_URL: database.url })
  assert.equal(code, 1)
  assert.match(output, /^The database test_\w+ belongs to another application: .*public\.customers.*\n$/)
})

test('tables and views of an extension do not count', async (t) => {
  const database = await scratch.createDatabase()
  const { rows } = await scratch.admin.query(
    `SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements'`,
  )
  if (rows.length === 0) return t.skip('this PostgreSQL comes without the extension pg_stat_statements')
  await query(database.url, 'CREATE EXTENSION pg_stat_statements')
  assert.equal((await migrateUp({ databaseUrl: database.url }))[0], 'user/0001_create-users')
})
