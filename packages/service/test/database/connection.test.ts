import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, type TestContext, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { type DatabaseConfig, indexWalkPlans, type SessionSettings } from '../../src/database/connection.ts'
import { createDatabase, type Database } from '../../src/database/database.ts'
import { connectionFailure } from '../../src/database/failures.ts'
import { createPipeline } from '../../src/database/pipeline.ts'
import { ServiceUnavailableError } from '../../src/errors.ts'
import { createLogger } from '../../src/logger.ts'
import { createTestService } from '../app.ts'

let server: TestDatabase
/** Roles belong to the whole server, which other test files use at the same time. */
const role = `login_${process.pid}`
const name = () => new URL(server.urlOf('owner')).pathname.slice(1)

before(async () => {
  server = await createTestDatabase('order_service')
  await server.owner.query({ text: `CREATE ROLE ${role} LOGIN PASSWORD 'right' IN ROLE order_service` })
})
after(async () => {
  await server.owner.query({ text: `DROP ROLE ${role}` })
  await server.drop()
})

const logger = createLogger({ name: 'test', level: 'silent' })

const urlOf = (parts: { username?: string; password?: string; pathname?: string; port?: string } = {}) =>
  Object.assign(new URL(server.urlOf('order_service')), { username: role, password: 'right', ...parts }).href

type Options = { session?: SessionSettings } & Partial<DatabaseConfig>

function open(t: TestContext, { session = {}, ...config }: Options) {
  const complete = { ...server.configOf('order_service'), databaseConnectTimeoutMs: 2000, ...config }
  const options = { name: 'test', logger, session }
  const db = createDatabase(complete, options)
  const pipeline = createPipeline(complete, options)
  t.after(() => Promise.all([db.close(), pipeline.close()]))
  return { db, pipeline }
}

const show = (setting: string) => ({
  name: `show-${setting}`,
  text: `SELECT current_setting('${setting}')`,
  values: [],
})

const causesOf = (error: unknown): string =>
  error instanceof Error ? `${error.message}\n${causesOf(error.cause)}` : ''

/** Asserts that both kinds of connection fail with a 503 whose causes match. */
async function assertUnavailable(t: TestContext, options: Options, causes: RegExp) {
  for (const queryable of Object.values(open(t, options))) {
    await assert.rejects(queryable.queryTexts(show('TimeZone')), (error) => {
      assert.ok(error instanceof ServiceUnavailableError, String(error))
      assert.equal(error.code, 'database_unavailable')
      assert.match(causesOf(error), causes)
      return true
    })
  }
}

test('planner settings are the defaults of PostgreSQL, unless a connection sets others', async (t) => {
  for (const queryable of Object.values(open(t, {}))) {
    assert.deepEqual(await queryable.queryTexts(show('enable_sort')), [['on']])
    assert.deepEqual(await queryable.queryTexts(show('plan_cache_mode')), [['auto']])
  }
  for (const queryable of Object.values(open(t, { session: indexWalkPlans }))) {
    assert.deepEqual(await queryable.queryTexts(show('enable_sort')), [['off']])
    assert.deepEqual(await queryable.queryTexts(show('plan_cache_mode')), [['force_generic_plan']])
  }
})

test('DATABASE_PLAN_CACHE_MODE replaces the mode of connections that set one', async (t) => {
  const databasePlanCacheMode = 'force_custom_plan'
  for (const queryable of Object.values(open(t, { session: indexWalkPlans, databasePlanCacheMode })))
    assert.deepEqual(await queryable.queryTexts(show('plan_cache_mode')), [['force_custom_plan']])
  for (const queryable of Object.values(open(t, { databasePlanCacheMode })))
    assert.deepEqual(await queryable.queryTexts(show('plan_cache_mode')), [['auto']])
})

test('statements are prepared once per connection, or not at all', async (t) => {
  const prepared = {
    name: 'count-prepared',
    text: 'SELECT count(*) FROM pg_prepared_statements WHERE from_sql = false',
    values: [],
  }
  for (const [databasePrepared, counts] of [
    [true, [['2']]],
    [false, [['0']]],
  ] as const) {
    for (const queryable of Object.values(open(t, { databasePrepared, databasePoolSize: 1 })))
      assert.deepEqual(await queryable.queryTexts(prepared), counts)
  }
})

test('with DATABASE_PREPARED=false no settings are sent, and those of the role are checked', async (t) => {
  for (const queryable of Object.values(open(t, { databasePrepared: false, session: indexWalkPlans }))) {
    assert.deepEqual(await queryable.queryTexts(show('enable_sort')), [['on']])
    assert.deepEqual(await queryable.queryTexts(show('lock_timeout')), [['2s']])
  }
  const bare = { databasePrepared: false, databaseUrl: urlOf() }
  await assertUnavailable(
    t,
    bare,
    /statement_timeout is 0, but must be more than 0.*ALTER ROLE login_\d+ SET statement_timeout = '5s'/,
  )
})

test('the session of every new connection is checked, not only that of the first', async (t) => {
  const { db } = open(t, { databasePrepared: false, databasePoolSize: 1 })
  await db.query({ text: 'SELECT 1' })
  await server.owner.query({
    text: `ALTER ROLE order_service IN DATABASE ${name()} SET TimeZone = 'Asia/Tokyo'`,
  })
  t.after(() => server.owner.query({ text: `ALTER ROLE order_service IN DATABASE ${name()} RESET TimeZone` }))
  const ended = db.query({ text: 'SELECT pg_terminate_backend(pg_backend_pid())' })
  await assert.rejects(ended, ServiceUnavailableError)
  await assert.rejects(db.query({ text: 'SELECT 1' }), (error) => {
    assert.match(causesOf(error), /TimeZone is Asia\/Tokyo, but must be UTC/)
    return true
  })
})

test('a wrong password is a 503 that names the role', async (t) => {
  const wrong = { databaseUrl: urlOf({ password: 'wrong' }) }
  await assertUnavailable(
    t,
    wrong,
    /refuses the password of role login_\d+: .*\n.*password authentication failed/,
  )
})

test('a role that does not exist, or may not log in, is a 503 that names it', async (t) => {
  await assertUnavailable(t, { databaseUrl: urlOf({ username: 'nobody_here' }) }, /role nobody_here/)
  await server.owner.query({ text: `ALTER ROLE ${role} NOLOGIN` })
  t.after(() => server.owner.query({ text: `ALTER ROLE ${role} LOGIN` }))
  await assertUnavailable(t, { databaseUrl: urlOf() }, /does not let role login_\d+ log in/)
})

test('a URL without a required password is a 503 with that reason', () => {
  // with a pool, pg would leave the socket to the server's time-out of a minute
  const error = new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string')
  assert.match(
    causesOf(connectionFailure(error, { user: 'me' })),
    /password of role me, and DATABASE_URL has none/,
  )
})

test('a database that does not exist is a 503 that names it', async (t) => {
  await assertUnavailable(t, { databaseUrl: urlOf({ pathname: '/nothing' }) }, /has no database nothing/)
})

test('a role without the right to connect is a 503 that names the missing right', async (t) => {
  await server.owner.query({ text: `CREATE ROLE ${role}_alone LOGIN PASSWORD 'right'` })
  t.after(() => server.owner.query({ text: `DROP ROLE ${role}_alone` }))
  const alone = { databaseUrl: urlOf({ username: `${role}_alone` }) }
  await assertUnavailable(
    t,
    alone,
    /Role login_\d+_alone may not connect to database test_\w+: it needs GRANT CONNECT/,
  )
})

test('a role at its connection limit is a 503 with that reason', async (t) => {
  await server.owner.query({ text: `ALTER ROLE ${role} CONNECTION LIMIT 0` })
  t.after(() => server.owner.query({ text: `ALTER ROLE ${role} CONNECTION LIMIT -1` }))
  await assertUnavailable(t, { databaseUrl: urlOf() }, /accepts no more connections/)
})

test('a setting in the URL that the server does not know is a 503', async (t) => {
  const databaseUrl = `${urlOf()}?options=${encodeURIComponent('-c no_such_setting=1')}`
  await assertUnavailable(t, { databaseUrl }, /unrecognized configuration parameter "no_such_setting"/)
})

test('TLS that the server does not have is a 503', async (t) => {
  await assertUnavailable(t, { databaseUrl: `${urlOf()}?sslmode=verify-full` }, /does not support SSL/)
})

test('a server other than PostgreSQL is a 503', async (t) => {
  const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
    0,
    '127.0.0.1',
  )
  await new Promise((resolve) => other.once('listening', resolve))
  t.after(() => other.close())
  const { port } = other.address() as { port: number }
  await assertUnavailable(t, { databaseUrl: urlOf({ port: String(port) }) }, /./)
})

test('a missing right on a table is not reported as an unavailable database', async (t) => {
  const { db } = open(t, {})
  await assert.rejects(db.query({ text: 'SELECT * FROM users' }), { code: '42501' })
})

test('/readyz logs the reason and keeps it out of its answer', async (t) => {
  const logLines: string[] = []
  const { db } = open(t, { databaseUrl: urlOf({ password: 'wrong' }) })
  const app = createTestService({ logLines, checkReadiness: () => probe(db) })
  t.after(() => app.close())
  const response = await app.inject({ url: '/readyz' })
  assert.equal(response.statusCode, 503)
  assert.doesNotMatch(response.body, /password|role/)
  assert.match(logLines.join(''), /refuses the password of role login_\d+/)
})

const probe = async (db: Database) => {
  await db.query({ text: 'SELECT 1' })
}
