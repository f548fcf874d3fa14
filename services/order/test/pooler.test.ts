import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { TestDatabase } from '@shop/tests/kit/database'
import { type PgBouncerOptions, startPgBouncer, withoutPgBouncer } from '@shop/tests/kit/pgbouncer'
import { asUser } from '@shop/tests/kit/tokens'
import pg from 'pg'
import { createTestApp, insertProduct, insertUser, listed, type TestApp } from './app.ts'
import { act } from './changes.ts'
import { historyFaults } from './history-faults.ts'

const options = { skip: withoutPgBouncer }

const dropOptions = 'ignore_startup_parameters = options'

/** Starts the app behind PgBouncer, on a database whose own settings would make every answer wrong. */
async function startBehindPooler(
  t: TestContext,
  { prepared, logLines = [], role, ...pooler }: Omit<PgBouncerOptions, 'logins'> & PoolerCase,
): Promise<TestApp> {
  const app = await createTestApp({
    logLines,
    async connect(config, database) {
      await spoilSettings(database)
      const databaseUrl = role ? await createBareRole(t, database, role) : database.urlOf('order_service')
      const { username, password } = new URL(databaseUrl)
      const through = await startPgBouncer(t, databaseUrl, { ...pooler, logins: { [username]: password } })
      return { ...config, databaseUrl: through(databaseUrl), databasePrepared: prepared }
    },
  })
  t.after(() => app.close())
  return app
}

type PoolerCase = {
  prepared: boolean
  logLines?: string[]
  /** A role without its own settings, to connect as. */
  role?: string
}

async function spoilSettings({ owner, urlOf }: TestDatabase) {
  const name = new URL(urlOf('owner')).pathname.slice(1)
  await owner.query({ text: `ALTER DATABASE ${name} SET TimeZone = 'Asia/Tokyo'` })
  await owner.query({ text: `ALTER DATABASE ${name} SET DateStyle = 'German'` })
}

/** Creates a role with the rights of order_service, whose settings are not inherited. Returns its URL. */
async function createBareRole(t: TestContext, { owner, urlOf }: TestDatabase, role: string) {
  await owner.query({ text: `DROP ROLE IF EXISTS ${role}` })
  await owner.query({ text: `CREATE ROLE ${role} LOGIN PASSWORD 'test' IN ROLE order_service` })
  t.after(() => owner.query({ text: `DROP ROLE ${role}` }))
  return Object.assign(new URL(urlOf('order_service')), { username: role }).href
}

async function place({ app }: TestApp, body: object, headers: Record<string, string>) {
  return app.inject({ method: 'POST', url: '/orders', headers, body })
}

/**
 * Sends 660 requests, from 30 users at a time: each places orders with keys, repeats them, and lists. A payment and a
 * cancellation of the last one race.
 */
async function checkTraffic(context: TestApp) {
  const { app, database } = context
  const productId = await insertProduct(database)
  const items = [{ productId }, { productId: await insertProduct(database), quantity: 2 }]
  await Promise.all(
    Array.from({ length: 30 }, async () => {
      const userId = await insertUser(database)
      const headers = await asUser(userId)
      for (let round = 1; round <= 5; round++) {
        const withKey = { ...headers, 'idempotency-key': `key-${round}` }
        const placed = await place(context, round === 2 ? { items } : { productId }, withKey)
        assert.equal(placed.statusCode, 201, placed.body)
        assert.ok(Math.abs(Date.parse(placed.json().createdAt) - Date.now()) < 60_000, placed.body)
        const repeated = await place(context, round === 2 ? { items } : { productId }, withKey)
        assert.equal(repeated.headers['idempotent-replayed'], 'true', repeated.body)
        assert.equal(repeated.body, placed.body)

        for (const query of ['', '?status=pending&offset=0']) {
          const list = await app.inject({ url: `/orders${query}`, headers })
          assert.equal(list.statusCode, 200, list.body)
          assert.equal(list.json().meta.count, round)
          assert.deepEqual(list.json().data[0], listed(placed.json()))
        }
        if (round === 5) await race(context, { orderId: placed.json().id, userId })
      }
    }),
  )
  const deep = await app.inject({
    url: '/orders?offset=1000',
    headers: await asUser(await insertUser(database)),
  })
  assert.equal(deep.statusCode, 200)
  assert.deepEqual(await historyFaults(database.owner), [])
}

/** Pays and cancels an order at the same time, once each; one of them comes too late. */
async function race(context: TestApp, { orderId, userId }: { orderId: string; userId: string }) {
  const headers = { 'if-match': '"1"', 'idempotency-key': `race-${orderId}` }
  const answers = await Promise.all([
    act(context, { orderId, verb: 'pay', headers }),
    act(context, { orderId, verb: 'cancel', party: 'owner', userId, headers }),
  ])
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412])
}

const readiness = async ({ app }: TestApp) => (await app.inject({ url: '/readyz' })).statusCode

/** Returns the causes of all logged errors as one text. */
const causesIn = (logLines: string[]) => {
  const messages: string[] = []
  for (const line of logLines) {
    for (let error = JSON.parse(line).err; error; error = error.cause) messages.push(error.message)
  }
  return messages.join('\n')
}

test(
  'behind a pooler in session mode that drops options, the settings of the role will do',
  options,
  async (t) => {
    const context = await startBehindPooler(t, { prepared: true, poolMode: 'session', lines: [dropOptions] })
    assert.equal(await readiness(context), 200)
    await checkTraffic(context)
  },
)

for (const lines of [[], [dropOptions]]) {
  test(
    `behind a pooler in transaction mode (${lines.join() || 'that refuses options'}), statements without names are all right`,
    options,
    async (t) => {
      const context = await startBehindPooler(t, { prepared: false, poolMode: 'transaction', lines })
      assert.equal(await readiness(context), 200)
      await checkTraffic(context)
    },
  )
}

for (const poolMode of ['session', 'transaction'] as const) {
  test(
    `in ${poolMode} mode, when options are dropped and the role lacks settings, it is not ready and says which`,
    options,
    async (t) => {
      const logLines: string[] = []
      const context = await startBehindPooler(t, {
        prepared: poolMode === 'session',
        poolMode,
        lines: [dropOptions],
        role: `bare_${poolMode}`,
        logLines,
      })
      assert.equal(await readiness(context), 503)
      const causes = causesIn(logLines)
      assert.match(causes, /TimeZone is Asia\/Tokyo, but must be UTC/)
      assert.match(causes, /DateStyle is German, DMY, but must be ISO/)
      assert.match(causes, /statement_timeout is 0, but must be more than 0/)
      assert.match(causes, new RegExp(`ALTER ROLE bare_${poolMode} SET TimeZone = 'UTC'`))

      const list = await context.app.inject({ url: '/orders', headers: await asUser(crypto.randomUUID()) })
      assert.deepEqual([list.statusCode, list.json().code], [503, 'database_unavailable'])
    },
  )
}

test('the statements in the log fix it, once the pooler reconnects', options, async (t) => {
  const logLines: string[] = []
  const role = 'bare_repaired'
  const lines = [`admin_users = ${role}`]
  const context = await startBehindPooler(t, {
    prepared: false,
    poolMode: 'transaction',
    lines,
    role,
    logLines,
  })
  assert.equal(await readiness(context), 503)
  const statements = causesIn(logLines).match(/ALTER ROLE \w+ SET \w+ = '[^']+';/g) ?? []
  assert.equal(statements.length, 4, causesIn(logLines))
  for (const text of statements) await context.database.owner.query({ text })
  assert.equal(await readiness(context), 503)

  const console = new pg.Client(Object.assign(new URL(context.databaseUrl), { pathname: '/pgbouncer' }).href)
  await console.connect()
  await console.query('RECONNECT')
  await console.end()
  assert.equal(await readiness(context), 200)
  await checkTraffic(context)
})

test('a pooler that refuses options is named in the log, with what to do', options, async (t) => {
  const logLines: string[] = []
  const context = await startBehindPooler(t, { prepared: true, poolMode: 'session', logLines })
  assert.equal(await readiness(context), 503)
  assert.match(
    causesIn(logLines),
    /add options to its ignore_startup_parameters, or set DATABASE_PREPARED=false/,
  )
})

test(
  'prepared statements behind a pooler in transaction mode are a 503 that says what to set, not a 500',
  options,
  async (t) => {
    const logLines: string[] = []
    const lines = [dropOptions]
    const context = await startBehindPooler(t, { prepared: true, poolMode: 'transaction', lines, logLines })
    const headers = await asUser(await insertUser(context.database))
    const list = () => context.app.inject({ url: '/orders?offset=201', headers })
    const statuses = (await Promise.all(Array.from({ length: 40 }, list))).map(({ statusCode }) => statusCode)
    assert.ok(statuses.includes(503), String(statuses))
    assert.deepEqual(
      statuses.filter((status) => ![200, 503].includes(status)),
      [],
    )
    assert.match(causesIn(logLines), /Set DATABASE_PREPARED=false/)
  },
)
