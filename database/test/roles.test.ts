import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import pg from 'pg'
import { grant } from '../src/grants.ts'
import { type Service, services } from '../src/services.ts'

/** The rights of each role on each table; anything not listed is forbidden. */
const rights = {
  user_service: {
    users: 'SELECT INSERT UPDATE',
    sessions: 'SELECT INSERT UPDATE DELETE',
    signing_keys: 'SELECT INSERT',
    user_migrations: 'SELECT',
  },
  product_service: {
    products: 'SELECT INSERT UPDATE',
    product_migrations: 'SELECT',
  },
  order_service: {
    orders: 'SELECT INSERT UPDATE',
    order_items: 'SELECT INSERT',
    order_events: 'SELECT INSERT',
    order_counts: 'SELECT',
    erasures: 'SELECT INSERT UPDATE',
    export_links: 'SELECT INSERT DELETE',
    idempotency_keys: 'SELECT INSERT UPDATE DELETE',
    order_migrations: 'SELECT',
  },
  relay_service: {
    feed: 'SELECT INSERT DELETE',
    order_events: 'SELECT',
    order_events_pending: 'SELECT DELETE',
    order_items: 'SELECT',
    orders: 'SELECT',
    relay_migrations: 'SELECT',
    relay_state: 'SELECT INSERT UPDATE',
    webhook_deliveries: 'SELECT INSERT UPDATE DELETE',
    webhook_secrets: 'SELECT INSERT UPDATE DELETE',
    webhooks: 'SELECT INSERT UPDATE DELETE',
  },
}

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('order_service')
})
after(() => database.drop())

for (const [role, tables] of Object.entries(rights)) {
  test(`${role} has the rights that it needs on tables and their columns, and no others`, async () => {
    const rows = await database.owner.query<{ table: string; rights: string }>({
      text: `
        SELECT relname AS "table", string_agg(name, ' ' ORDER BY position) AS rights
        FROM pg_class,
          unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
            WITH ORDINALITY AS privilege (name, position)
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
          AND (has_table_privilege($1, oid, name)
            OR name IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege($1, oid, name))
        GROUP BY relname`,
      values: [role],
    })
    assert.deepEqual(Object.fromEntries(rows.map((row) => [row.table, row.rights])), tables)
  })

  test(`${role} can only log in`, async () => {
    const [attributes] = await database.owner.query({
      text: `
        SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS "isMore",
          has_schema_privilege(oid, 'public', 'CREATE') AS "makesTables",
          has_database_privilege(oid, current_database(), 'CREATE') AS "makesSchemas",
          has_database_privilege(oid, current_database(), 'TEMP') AS "makesTemporaryTables",
          (SELECT count(*)::int FROM pg_auth_members WHERE member = roles.oid) AS "memberOf",
          (SELECT count(*)::int FROM pg_class WHERE relowner = roles.oid) AS owns
        FROM pg_roles AS roles WHERE rolname = $1`,
      values: [role],
    })
    assert.deepEqual(attributes, {
      isMore: false,
      makesTables: false,
      makesSchemas: false,
      makesTemporaryTables: false,
      memberOf: 0,
      owns: 0,
    })
  })
}

const INSUFFICIENT_PRIVILEGE = { code: '42501' }

// rights that no catalogue column shows
for (const statement of [
  'SET ROLE pg_read_all_data',
  'SET SESSION AUTHORIZATION user_service',
  'SET session_replication_role = replica',
  'ALTER ROLE order_service SUPERUSER',
  "ALTER ROLE user_service PASSWORD 'x'",
  'ALTER SYSTEM SET log_statement = none',
  'ALTER TABLE orders DISABLE TRIGGER ALL',
  'CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  "COPY orders TO PROGRAM 'true'",
  "COPY orders TO '/tmp/orders'",
  "SELECT pg_read_file('postgresql.conf')",
  "SELECT lo_import('/etc/passwd')",
  'SELECT * FROM pg_authid',
  'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user',
  'CHECKPOINT',
]) {
  test(`a service's role may not ${statement}`, async () => {
    await assert.rejects(database.db.query({ text: statement }), INSUFFICIENT_PRIVILEGE)
  })
}

/** Functions that a service may call although they run with the rights of the owner, and the role that may. */
const callable = {
  erase_orders: 'order_service',
  known_users: 'order_service',
  ensure_user: 'order_service',
  ensure_product: 'order_service',
  feed_fingerprint: 'relay_service',
  feed_head: 'order_service',
  feed_after: 'order_service',
  feed_of_user_after: 'order_service',
}

test('only triggers and a few functions run with the rights of the owner, and they do not use the search_path of the caller', async () => {
  const functions = await database.owner.query<{ name: string; isTrigger: boolean; config: string[] }>({
    text: `SELECT proname AS name, prorettype = 'trigger'::regtype AS "isTrigger", proconfig AS config
           FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef`,
  })
  assert.ok(functions.length > 0)
  for (const { name, isTrigger, config } of functions) {
    assert.ok(isTrigger || name in callable, name)
    assert.deepEqual(config, ['search_path=""'], name)
  }
})

test("a function that runs with the rights of the owner is its service's alone", async () => {
  const rows = await database.owner.query<{ name: string; roles: string[] }>({
    text: `SELECT proname AS name, array_agg(rolname::text) FILTER (WHERE has_function_privilege(rolname, pg_proc.oid, 'EXECUTE')) AS roles
           FROM pg_proc, pg_roles
           WHERE proname = ANY ($1) AND rolname = ANY ($2) GROUP BY proname`,
    values: [Object.keys(callable), Object.keys(rights)],
  })
  assert.deepEqual(Object.fromEntries(rows.map(({ name, roles }) => [name, roles.join()])), callable)
})

test('granting takes the function from everyone, who has it after a restore without privileges', async (t) => {
  const canExecute = async () => {
    const [row] = await database.owner.query<{ can: boolean }>({
      text: `SELECT has_function_privilege('user_service', 'erase_orders(uuid, timestamptz, uuid, integer)', 'EXECUTE') AS can`,
    })
    return row?.can
  }
  await database.owner.query({ text: 'GRANT EXECUTE ON FUNCTION erase_orders TO PUBLIC' })
  assert.equal(await canExecute(), true)
  const client = new pg.Client(database.urlOf('owner'))
  await client.connect()
  t.after(() => client.end())
  await grant(client, services.find(({ name }) => name === 'order') as Service, 'order_service')
  assert.equal(await canExecute(), false)
})
