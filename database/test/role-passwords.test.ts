import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrateUp } from '../src/migrations.ts'
import { urlForRole } from '../src/role-url.ts'
import { applyRoles } from '../src/roles.ts'
import { openScratch, query, type Scratch } from './scratch.ts'

let scratch: Scratch

before(async () => {
  scratch = await openScratch()
})
after(() => scratch.close())

/** Logs every statement with its parameters. */
const talkative = [
  "log_statement = 'all'",
  'log_min_duration_statement = 0',
  "log_error_verbosity = 'verbose'",
]

for (const password of ['canary-4711', 'kanarienvögel-№4711', 'canary 47%40\\11\'"']) {
  test(`no password reaches the server's log, and all roles can log in: ${password}`, async () => {
    const database = await scratch.createDatabase()
    for (const setting of talkative)
      await scratch.admin.query(`ALTER DATABASE ${database.name} SET ${setting}`)
    const roles = scratch.newRoles(password)
    const log = await scratch.followLog()

    await migrateUp({ databaseUrl: database.url })
    await applyRoles({ databaseUrl: database.url, roles })
    await applyRoles({ databaseUrl: database.url, roles })

    for (const role of Object.values(roles)) {
      const [row] = await query<{ name: string }>(
        urlForRole(database.url, role),
        'SELECT current_user AS name',
      )
      assert.equal(row?.name, role.name)
    }
    assert.match(log(), /ALTER ROLE .* PASSWORD 'SCRAM-SHA-256\$4096:/)
    assert.doesNotMatch(log(), /canary|kanarien/)
  })
}

test("parameters of a service's statements, such as password hashes and keys, do not reach the server's log", async () => {
  const database = await scratch.createDatabase()
  for (const setting of talkative) await scratch.admin.query(`ALTER DATABASE ${database.name} SET ${setting}`)
  const roles = scratch.newRoles('canary-4711')
  await migrateUp({ databaseUrl: database.url })
  await applyRoles({ databaseUrl: database.url, roles })
  const log = await scratch.followLog()

  await query(urlForRole(database.url, roles.user), 'SELECT $1::text AS hash', ['canary-of-a-hash'])
  assert.match(log(), /SELECT \$1::text AS hash/)
  assert.doesNotMatch(log(), /canary/)
})

test('a refused ALTER ROLE is explained and leaves no password in the log', async () => {
  const owner = await scratch.createRole('CREATEROLE')
  const database = await scratch.createDatabase(owner)
  const roles = scratch.newRoles('canary-4711')
  await migrateUp({ databaseUrl: database.url })
  await applyRoles({ databaseUrl: database.url, roles })
  await scratch.admin.query(`ALTER ROLE ${owner.name} NOCREATEROLE`)
  const log = await scratch.followLog()

  await assert.rejects(applyRoles({ databaseUrl: database.url, roles }), (error: Error) => {
    assert.match(
      error.message,
      new RegExp(`The role ${roles.user.name} cannot be changed by ${owner.name}: `),
    )
    assert.match(error.message, new RegExp(`ALTER ROLE "${owner.name}" CREATEROLE`))
    assert.doesNotMatch(error.message, /canary|SCRAM/)
    return true
  })
  // by default PostgreSQL logs the statement of an error and its context
  assert.match(log(), /ERROR: {2}.*permission denied|ERROR: {2}permission denied/)
  assert.doesNotMatch(log(), /canary/)
})

test('a refused CREATE ROLE is explained', async () => {
  const owner = await scratch.createRole()
  const database = await scratch.createDatabase(owner)
  const roles = scratch.newRoles()
  await migrateUp({ databaseUrl: database.url })
  await assert.rejects(
    applyRoles({ databaseUrl: database.url, roles }),
    new RegExp(
      `${roles.user.name} cannot be created by ${owner.name}: .*: ALTER ROLE "${owner.name}" CREATEROLE`,
    ),
  )
})

test('from PostgreSQL 16 on, a role created by someone else also needs ADMIN OPTION, as the message says', async (t) => {
  const { rows } = await scratch.admin.query('SHOW server_version_num')
  if (Number(rows[0].server_version_num) < 160_000)
    return t.skip(`PostgreSQL ${rows[0].server_version_num}: here CREATEROLE is enough`)
  const owner = await scratch.createRole('CREATEROLE')
  const database = await scratch.createDatabase(owner)
  const roles = scratch.newRoles()
  await migrateUp({ databaseUrl: database.url })
  for (const { name } of Object.values(roles)) {
    await scratch.admin.query(`CREATE ROLE ${name} LOGIN`)
    await scratch.admin.query(`GRANT CONNECT ON DATABASE ${database.name} TO ${name}`)
  }
  const remedy = `GRANT "${roles.user.name}" TO "${owner.name}" WITH ADMIN OPTION`
  await assert.rejects(applyRoles({ databaseUrl: database.url, roles }), (error: Error) => {
    assert.ok(error.message.includes(remedy), error.message)
    return true
  })

  for (const { name } of Object.values(roles))
    await scratch.admin.query(`GRANT ${name} TO ${owner.name} WITH ADMIN OPTION`)
  await applyRoles({ databaseUrl: database.url, roles })
  await query(urlForRole(database.url, roles.order), 'SELECT count(*) FROM orders')
})
