import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrateReset, migrateUp } from '../src/migrations.ts'
import { prepareDatabase } from '../src/prepare.ts'
import { urlForRole } from '../src/role-url.ts'
import { applyRoles } from '../src/roles.ts'
import { services as allServices, type Role, type Roles } from '../src/services.ts'
import { openScratch, query, runCommand, type Scratch, type ScratchDatabase } from './scratch.ts'

let scratch: Scratch

before(async () => {
  scratch = await openScratch()
})
after(() => scratch.close())

/** Prepares one installation like npm start and Compose. */
async function install(roles: Roles): Promise<ScratchDatabase> {
  const database = await scratch.createDatabase()
  await migrateUp({ databaseUrl: database.url })
  await applyRoles({ databaseUrl: database.url, roles })
  return database
}

/** Returns the URL of the same database for a role. */
const as = (role: Role, { url }: ScratchDatabase) => urlForRole(url, role)

const withPassword = (roles: Roles, password: string): Roles => ({
  user: { ...roles.user, password },
  product: { ...roles.product, password },
  order: { ...roles.order, password },
  relay: { ...roles.relay, password },
})

const prepare = (database: ScratchDatabase, roles: Roles) =>
  prepareDatabase({ databaseUrl: database.url, roles, seeds: false, log: () => {} }, (_title, work) => work())

test('a second database with the same role names is refused, and neither of the two is changed', async () => {
  const roles = scratch.newRoles()
  const first = await install(roles)
  const second = await scratch.createDatabase()

  await assert.rejects(prepare(second, withPassword(roles, 'second')), (error: Error) => {
    assert.match(
      error.message,
      new RegExp(`role ${roles.user.name} belongs to the user service of .*"${first.name}"`),
    )
    assert.match(error.message, /USER_SERVICE_DB_ROLE/)
    return true
  })

  assert.deepEqual(await query(as(roles.user, first), 'SELECT count(*)::int AS users FROM users'), [
    { users: 0 },
  ])
  const [row] = await query<{ tables: number; acl: string | null }>(
    second.url,
    `SELECT (SELECT count(*)::int FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS tables,
       (SELECT datacl::text FROM pg_database WHERE datname = current_database()) AS acl`,
  )
  assert.deepEqual(row, { tables: 0, acl: null })
})

test('two databases with different role names share nothing, and can be prepared repeatedly', async () => {
  const [firstRoles, secondRoles] = [scratch.newRoles('one'), scratch.newRoles('two')]
  const [first, second] = [await install(firstRoles), await install(secondRoles)]
  await prepare(first, firstRoles)
  await prepare(second, secondRoles)
  await query(as(firstRoles.user, first), 'SELECT FROM users')
  await query(as(secondRoles.user, second), 'SELECT FROM users')
  // insufficient_privilege: permission denied for database
  await assert.rejects(query(as(firstRoles.user, second), 'SELECT FROM users'), { code: '42501' })
  await assert.rejects(query(as(secondRoles.order, first), 'SELECT FROM orders'), { code: '42501' })
})

test('a role without a mark that two databases share stays with the first and loses its rights in the second', async () => {
  const shared = scratch.newRoles()
  const [first, second] = [await scratch.createDatabase(), await scratch.createDatabase()]
  for (const { name, password } of Object.values(shared))
    await scratch.admin.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`)
  for (const { name, url } of [first, second]) {
    await migrateUp({ databaseUrl: url })
    for (const role of Object.values(shared)) {
      await scratch.admin.query(`GRANT CONNECT ON DATABASE ${name} TO ${role.name}`)
      await query(url, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role.name}`)
    }
  }
  await prepare(first, shared)
  await query(as(shared.user, second), 'SELECT FROM users')

  await assert.rejects(prepare(second, shared), /belongs to the user service of the installation/)
  await prepare(second, scratch.newRoles())

  await query(as(shared.user, first), 'SELECT FROM users')
  await assert.rejects(query(as(shared.user, second), 'SELECT FROM users'), { code: '42501' })
  const rights = await query(
    second.url,
    `SELECT FROM pg_class WHERE has_table_privilege('${shared.user.name}', oid, 'SELECT') AND relname = 'users'`,
  )
  assert.deepEqual(rights, [])
})

test('a role that the settings no longer name is reported and keeps working', async () => {
  const before = scratch.newRoles()
  const database = await install(before)
  const lines: string[] = []
  const roles = { ...before, order: scratch.newRoles().order }
  await applyRoles({ databaseUrl: database.url, roles, log: (line) => lines.push(line) })
  assert.match(
    lines.join('\n'),
    new RegExp(`${before.order.name} can still log in for the order service.*DROP ROLE`),
  )
  assert.doesNotMatch(lines.join('\n'), new RegExp(`${before.user.name} can still`))
  await query(as(before.order, database), 'SELECT FROM orders')
  await query(as(roles.order, database), 'SELECT FROM orders')
})

test('migrations of a second database give no rights to the roles of the first', async () => {
  const roles = scratch.newRoles()
  await install(roles)
  const second = await scratch.createDatabase()
  await migrateUp({ databaseUrl: second.url })
  await migrateReset({ databaseUrl: second.url })
  const rows = await query(
    second.url,
    `SELECT relname FROM pg_class, aclexplode(relacl) WHERE relnamespace = 'public'::regnamespace AND grantee <> relowner`,
  )
  assert.deepEqual(rows, [])
})

test('roles with other names keep their rights after a reset', async () => {
  const roles = scratch.newRoles()
  const database = await install(roles)
  await migrateReset({ databaseUrl: database.url })
  await query(as(roles.order, database), 'SELECT FROM orders')
})

test('after a database is renamed, the message has the statements that renew the marks', async () => {
  const roles = scratch.newRoles()
  const database = await install(roles)
  const renamed = await scratch.createDatabase()
  await scratch.admin.query(`DROP DATABASE ${renamed.name}`)
  await scratch.admin.query(`ALTER DATABASE ${database.name} RENAME TO ${renamed.name}`)
  for (let role = 1; role <= allServices.length; role++) {
    const error = await applyRoles({ databaseUrl: renamed.url, roles }).catch((reason: Error) => reason)
    const [, remedy = ''] = /If the database was renamed: (COMMENT .*)\.$/.exec(error?.message ?? '') ?? []
    assert.match(remedy, /^COMMENT ON ROLE/)
    await scratch.admin.query(remedy)
  }
  await applyRoles({ databaseUrl: renamed.url, roles })
})

test('a role without a mark is adopted if this database granted it CONNECT, and keeps its comment', async () => {
  const roles = scratch.newRoles()
  const database = await scratch.createDatabase()
  for (const { name } of Object.values(roles)) await scratch.admin.query(`CREATE ROLE ${name} LOGIN`)
  await scratch.admin.query(`COMMENT ON ROLE ${roles.user.name} IS 'ours'`)

  await assert.rejects(prepare(database, roles), (error: Error) => {
    assert.match(error.message, /but nothing shows that it was created for the database/)
    assert.match(
      error.message,
      new RegExp(`GRANT CONNECT ON DATABASE "${database.name}" TO "${roles.user.name}"`),
    )
    return true
  })
  for (const { name } of Object.values(roles))
    await scratch.admin.query(`GRANT CONNECT ON DATABASE ${database.name} TO ${name}`)
  await prepare(database, roles)
  await prepare(database, roles)
  const [row] = await query<{ comment: string }>(
    database.url,
    `SELECT shobj_description('${roles.user.name}'::regrole, 'pg_authid') AS comment`,
  )
  assert.equal(row?.comment, `ours\norder-stack: user service, installation "${database.name}"`)
})

test('the owner, an administrator and the role of another service are refused as roles of a service', async () => {
  const roles = scratch.newRoles()
  const owner = await scratch.createRole('CREATEROLE')
  const administrator = await scratch.createRole('CREATEDB')
  const database = await scratch.createDatabase(owner)
  await migrateUp({ databaseUrl: database.url })
  const apply = (changed: Partial<Roles>) =>
    applyRoles({ databaseUrl: database.url, roles: { ...roles, ...changed } })
  await assert.rejects(apply({ user: owner }), /this command runs as that role/)
  await assert.rejects(apply({ user: administrator }), /it is an administrator/)
  await apply({})
  await assert.rejects(
    apply({ user: roles.product, product: roles.user }),
    new RegExp(`${roles.product.name} belongs to the product service of .* This is the user service`),
  )
})

test('the command reports other databases that the roles may connect to', async () => {
  const roles = scratch.newRoles()
  const open = await scratch.createDatabase()
  const database = await install(roles)
  const lines: string[] = []
  await applyRoles({ databaseUrl: database.url, roles, log: (line) => lines.push(line) })
  assert.match(lines.join('\n'), new RegExp(`may also connect to .*\\b${open.name}\\b.* REVOKE CONNECT`))
})

test('roles can be created for a single service', async () => {
  const roles = scratch.newRoles()
  const { url: databaseUrl } = await scratch.createDatabase()
  await migrateUp({ databaseUrl })
  const services = allServices.filter(({ name }) => name === 'product')
  await applyRoles({ databaseUrl, roles, services, log: () => {} })
  await query(urlForRole(databaseUrl, roles.product), 'SELECT FROM products')
})

test('the command takes the names of the roles from the environment', async () => {
  const roles = scratch.newRoles('from the environment')
  const database = await scratch.createDatabase()
  const env = Object.fromEntries(
    Object.entries(roles).flatMap(([service, { name, password }]) => [
      [`${service.toUpperCase()}_SERVICE_DB_ROLE`, name],
      [`${service.toUpperCase()}_SERVICE_DB_PASSWORD`, password],
    ]),
  )
  const up = await runCommand(['up'], { DATABASE_URL: database.url })
  assert.equal(up.code, 0, up.output)
  const { code, output } = await runCommand(['roles'], { DATABASE_URL: database.url, ...env })
  assert.equal(code, 0, output)
  await query(as(roles.product, database), 'SELECT FROM products')
})
