import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { startProxy } from '@shop/tests/kit/network/proxy'
import { createDatabase, type Database } from '../../src/database/database.ts'
import { translateError, violatedConstraint } from '../../src/database/failures.ts'
import { ServiceUnavailableError } from '../../src/errors.ts'
import { createLogger } from '../../src/logger.ts'

let server: TestDatabase

before(async () => {
  server = await createTestDatabase('order_service')
})
after(() => server.drop())

const defaults = {
  databasePoolSize: 2,
  databaseConnectTimeoutMs: 1000,
  databaseQueryTimeoutMs: 1000,
  databasePrepared: true,
}
const logger = createLogger({ name: 'test', level: 'silent' })

function open(t: TestContext, config: Partial<typeof defaults & { databaseUrl: string }> = {}): Database {
  const db = createDatabase(
    { ...defaults, databaseUrl: server.urlOf('owner'), ...config },
    { name: 'test', logger },
  )
  t.after(() => db.close())
  return db
}

const pidQuery = { text: 'SELECT pg_backend_pid() AS pid' }

const pidOf = async (db: Database) =>
  (await db.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid' }))[0]?.pid

test('values arrive as documented', async (t) => {
  const db = open(t)
  const [row] = await db.query({
    text: `SELECT timestamptz '2026-03-01 10:30:00.1234+01' AS time, 1::int AS int, 1::bigint AS big, 1.5::numeric AS exact`,
  })
  assert.deepEqual(
    { ...(row as object) },
    { time: '2026-03-01 09:30:00.1234+00', int: 1, big: '1', exact: '1.5' },
  )
})

test('a transaction commits when its work resolves, and rolls back when it throws', async (t) => {
  const db = open(t)
  await db.query({ text: 'CREATE TABLE notes (text text)' })
  await db.transaction((tx) => tx.query({ text: `INSERT INTO notes VALUES ('kept')` }))
  const failure = new Error('changed my mind')
  const doomed = db.transaction(async (tx) => {
    await tx.query({ text: `INSERT INTO notes VALUES ('dropped')` })
    throw failure
  })
  await assert.rejects(doomed, failure)
  assert.deepEqual(await db.query({ text: 'SELECT text FROM notes' }), [{ text: 'kept' }])
})

test('a transaction whose work ignores a refused statement throws instead of seeming to commit', async (t) => {
  const db = open(t)
  await db.query({ text: 'CREATE TABLE overlooked (text text)' })
  const careless = db.transaction(async (tx) => {
    await tx.query({ text: `INSERT INTO overlooked VALUES ('lost')` })
    await tx.query({ text: 'SELECT 1/0' }).catch(() => undefined)
  })
  await assert.rejects(careless, /statement of this transaction failed/)
  assert.deepEqual(await db.query({ text: 'SELECT * FROM overlooked' }), [])
})

test('queries of a transaction that are sent together share a round trip', async (t) => {
  const proxy = await startProxy(t, server.urlOf('owner'))
  const db = open(t, { databaseUrl: proxy.url, databasePoolSize: 1 })
  await db.query({ text: 'CREATE TABLE together (number int)' })
  const before = proxy.requests()
  const numbers = await db.transaction(async (tx) => {
    const answers = await Promise.all([
      tx.queryTexts({ name: 'first', text: 'SELECT $1::int', values: [1] }),
      tx.queryTexts({ name: 'second', text: 'SELECT $1::int', values: [2] }),
    ])
    tx.sendWithCommit({ text: 'INSERT INTO together VALUES (3)' })
    return answers.map(([row]) => row?.[0])
  })
  assert.deepEqual(numbers, ['1', '2'])
  assert.equal(proxy.requests() - before, 2, 'BEGIN and two statements; one statement and COMMIT')
  assert.deepEqual(await db.query({ text: 'SELECT number FROM together' }), [{ number: 3 }])
})

test('a statement that is sent with COMMIT comes after all others, and its failure is that of the transaction', async (t) => {
  const db = open(t, { databasePoolSize: 1 })
  const pid = await pidOf(db)
  await db.query({ text: 'CREATE TABLE finished (number int CONSTRAINT at_most CHECK (number <= 2))' })
  const finish = { text: 'INSERT INTO finished SELECT count(*) FROM finished' }
  const insert = { text: 'INSERT INTO finished VALUES (0)' }
  await db.transaction(async (tx) => {
    tx.sendWithCommit(finish)
    for (let n = 0; n < 2; n++) await tx.query(insert)
  })
  const numbers = () => db.query({ text: 'SELECT number FROM finished ORDER BY number' })
  assert.deepEqual(await numbers(), [{ number: 0 }, { number: 0 }, { number: 2 }])

  const doomed = db.transaction(async (tx) => {
    tx.sendWithCommit(finish)
    tx.sendWithCommit(insert)
    await tx.query(insert)
    return 'an answer'
  })
  await assert.rejects(doomed, (error) => violatedConstraint(error) === 'at_most')
  assert.equal((await numbers()).length, 3)
  assert.equal(await pidOf(db), pid, 'it keeps its connection')
})

test('a statement for COMMIT is not sent when the work of the transaction throws', async (t) => {
  const db = open(t)
  await db.query({ text: 'CREATE TABLE abandoned (number int)' })
  const failure = new Error('changed my mind')
  const doomed = db.transaction(async (tx) => {
    tx.sendWithCommit({ text: 'INSERT INTO abandoned VALUES (1)' })
    throw failure
  })
  await assert.rejects(doomed, failure)
  assert.deepEqual(await db.query({ text: 'SELECT * FROM abandoned' }), [])
})

test('a conflict in a statement that is sent with COMMIT runs the transaction again, with one such statement', async (t) => {
  const db = open(t)
  await db.query({ text: 'CREATE TABLE again (attempt int)' })
  let runs = 0
  await db.transaction(async (tx) => {
    const attempt = ++runs
    const conflict = `RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'`
    const work = attempt === 1 ? conflict : `INSERT INTO again VALUES (${attempt})`
    tx.sendWithCommit({ text: `DO $$ BEGIN ${work}; END $$` })
  })
  assert.deepEqual(await db.query({ text: 'SELECT attempt FROM again' }), [{ attempt: 2 }])
})

test('a transaction fails and leaves nothing when a statement that nothing awaits fails', async (t) => {
  const db = open(t)
  await db.query({ text: 'CREATE TABLE unwatched (number int CONSTRAINT positive CHECK (number > 0))' })
  const doomed = db.transaction(async (tx) => {
    await tx.query({ text: 'INSERT INTO unwatched VALUES (1)' })
    void tx.query({ text: 'INSERT INTO unwatched VALUES (-1)' })
    void tx.query({ text: 'INSERT INTO unwatched VALUES (2)' })
  })
  await assert.rejects(doomed, (error) => violatedConstraint(error) === 'positive')
  assert.deepEqual(await db.query({ text: 'SELECT * FROM unwatched' }), [])
})

test('options in the URL do not replace ours: times stay UTC, statements bounded', async (t) => {
  const databaseUrl = `${server.urlOf('owner')}?options=${encodeURIComponent('-c search_path=public -c TimeZone=Asia/Tokyo')}`
  const db = open(t, { databaseUrl, databaseQueryTimeoutMs: 1234 })
  const [row] = await db.query({
    text: `SELECT current_setting('TimeZone') AS zone, current_setting('statement_timeout') AS timeout, current_setting('search_path') AS path`,
  })
  assert.deepEqual(row, { zone: 'UTC', timeout: '1234ms', path: 'public' })
})

test('a statement that is refused keeps its connection, inside and outside a transaction', async (t) => {
  const db = open(t, { databasePoolSize: 1 })
  const pid = await pidOf(db)
  await assert.rejects(db.query({ text: 'SELECT 1/0' }), /division by zero/)
  await assert.rejects(
    db.transaction((tx) => tx.query({ text: 'SELECT 1/0' })),
    /division by zero/,
  )
  assert.equal(await pidOf(db), pid)
})

test('violatedConstraint returns the constraint, and undefined for other errors', async (t) => {
  const db = open(t)
  await db.query({ text: 'CREATE TABLE positive (n int CONSTRAINT positive_only CHECK (n > 0))' })
  const insertion = db.query({ text: 'INSERT INTO positive VALUES (-1)' })
  await assert.rejects(insertion, (error) => violatedConstraint(error) === 'positive_only')
  const division = db.query({ text: 'SELECT 1/0' })
  await assert.rejects(division, (error) => violatedConstraint(error) === undefined)
  assert.equal(violatedConstraint(new Error('other')), undefined)
})

test('violatedConstraint leaves out the number of a shard, and other numbers not', async (t) => {
  const db = open(t)
  await db.query({
    text: 'CREATE TABLE sharded (n int CONSTRAINT sharded_n_check_102008 CHECK (n > 0), m int CONSTRAINT sharded_m_check1 CHECK (m > 0))',
  })
  const insert = (column: string) => db.query({ text: `INSERT INTO sharded (${column}) VALUES (-1)` })
  await assert.rejects(insert('n'), (error) => violatedConstraint(error) === 'sharded_n_check')
  await assert.rejects(insert('m'), (error) => violatedConstraint(error) === 'sharded_m_check1')
})

test('transactions that deadlock run again until all of them have committed', async (t) => {
  const db = open(t, { databasePoolSize: 4, databaseQueryTimeoutMs: 10_000 })
  await db.query({ text: 'CREATE TABLE accounts AS SELECT id, 0 AS amount FROM generate_series(1, 2) AS id' })
  let runs = 0
  const bothHoldOne = Promise.withResolvers<void>()
  const add = (first: number, second: number) =>
    db.transaction(async (tx) => {
      const update = (id: number) =>
        tx.query({ text: 'UPDATE accounts SET amount = amount + 1 WHERE id = $1', values: [id] })
      await update(first)
      if (++runs === 2) bothHoldOne.resolve()
      await bothHoldOne.promise
      await update(second)
    })
  await Promise.all([add(1, 2), add(2, 1)])
  assert.ok(runs > 2, 'they did collide')
  assert.deepEqual(await db.query({ text: 'SELECT amount FROM accounts' }), [{ amount: 2 }, { amount: 2 }])
})

test('a conflict that does not resolve is a 503, after a bounded number of attempts', async (t) => {
  const db = open(t)
  let runs = 0
  const doomed = db.transaction(async (tx) => {
    runs++
    await tx.query({ text: `DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$` })
  })
  await assert.rejects(doomed, ServiceUnavailableError)
  assert.equal(runs, 4)
})

test('a backend that dies in a transaction fails it with a 503, and the process continues', async (t) => {
  const db = open(t)
  const killed = db.transaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid' })
    await server.owner.query({ text: 'SELECT pg_terminate_backend($1)', values: [row?.pid] })
    await setTimeout(100) // time for the connection's error event, with no query in progress
    await tx.query({ text: 'SELECT 1' })
  })
  await assert.rejects(killed, ServiceUnavailableError)
  assert.deepEqual(await db.query({ text: 'SELECT 1 AS one' }), [{ one: 1 }])
})

test('a process that was paused in a transaction gets a 503 for it, and a new connection', async (t) => {
  const db = open(t, { databasePoolSize: 1 })
  const late = db.transaction(async (tx) => {
    await tx.query({ text: 'SET idle_in_transaction_session_timeout = 50' })
    // as when its machine is paused: the server's messages are read only after the next statement is sent
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400)
    await tx.query({ text: 'SELECT 1' })
  })
  await assert.rejects(late, ServiceUnavailableError)
  assert.deepEqual(await db.query({ text: 'SELECT 1 AS one' }), [{ one: 1 }])
})

test('idle connections that die are replaced', async (t) => {
  const db = open(t)
  const pid = await pidOf(db)
  await server.owner.query({ text: 'SELECT pg_terminate_backend($1)', values: [pid] })
  await setTimeout(100)
  assert.notEqual(await pidOf(db), pid)
})

test('a statement that takes too long is ended by the server', async (t) => {
  const db = open(t, { databaseQueryTimeoutMs: 200 })
  await assert.rejects(db.query({ text: 'SELECT pg_sleep(10)' }), ServiceUnavailableError)
  assert.deepEqual(await db.query({ text: 'SELECT 1 AS one' }), [{ one: 1 }])
})

test('waiting for a connection is bounded', async (t) => {
  const db = open(t, { databasePoolSize: 1, databaseConnectTimeoutMs: 1000, databaseQueryTimeoutMs: 20_000 })
  await db.transaction(async (tx) => {
    await tx.query({ text: 'SELECT 1' })
    // the transaction holds the only connection
    await assert.rejects(db.query({ text: 'SELECT 1' }), ServiceUnavailableError)
  })
})
test('a database that refuses connections is a 503', async (t) => {
  const db = open(t, { databaseUrl: 'postgres://nobody@127.0.0.1:1/none' })
  await assert.rejects(db.query({ text: 'SELECT 1' }), ServiceUnavailableError)
})

test('the first error is the one that is thrown, also when the connection breaks after it', async (t) => {
  const db = open(t)
  const reason = new Error('the reason')
  const doomed = db.transaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>(pidQuery)
    await server.owner.query({ text: 'SELECT pg_terminate_backend($1)', values: [row?.pid] })
    throw reason
  })
  await assert.rejects(doomed, reason)
})

test('a database that goes silent in a transaction costs one time-out, not a second one for the rollback', async (t) => {
  const proxy = await startProxy(t, server.urlOf('owner'))
  const db = open(t, { databaseUrl: proxy.url, databasePoolSize: 1, databaseQueryTimeoutMs: 500 })
  const start = performance.now()
  const doomed = db.transaction(async (tx) => {
    proxy.silence()
    await tx.query({ text: 'SELECT 1' })
  })
  await assert.rejects(doomed, ServiceUnavailableError)
  assert.ok(
    performance.now() - start < 1900,
    'the time-out is one second, 500 ms for the server and 500 ms more',
  )
})

test('after one connection has fallen silent, others that have not answered since are not used', async (t) => {
  const proxy = await startProxy(t, server.urlOf('owner'))
  const db = open(t, { databaseUrl: proxy.url, databasePoolSize: 4, databaseQueryTimeoutMs: 200 })
  const slowly = { text: 'SELECT pg_backend_pid() AS pid, pg_sleep(0.1)' }
  const openFour = () => Promise.all(Array.from({ length: 4 }, () => db.query<{ pid: number }>(slowly)))
  const pids = (await openFour()).map(([row]) => row?.pid)
  assert.equal(new Set(pids).size, 4)
  proxy.silence()
  await assert.rejects(db.query({ text: 'SELECT 1' }), ServiceUnavailableError)
  proxy.restore('forget')
  const later = (await openFour()).map(([row]) => row?.pid)
  assert.deepEqual(
    later.filter((pid) => pids.includes(pid)),
    [],
  )
})

test('a host with several addresses that all refuse is a 503', () => {
  const refused = Object.assign(new AggregateError([new Error('connect ECONNREFUSED')]), {
    code: 'ECONNREFUSED',
  })
  assert.ok(translateError(refused) instanceof ServiceUnavailableError)
})

test('a database that goes silent is a 503 after the time-out, and a new connection is made afterwards', async (t) => {
  const proxy = await startProxy(t, server.urlOf('owner'))
  const db = open(t, { databaseUrl: proxy.url, databasePoolSize: 1, databaseQueryTimeoutMs: 200 })
  const pid = await pidOf(db)
  proxy.silence()
  await assert.rejects(db.query({ text: 'SELECT 1' }), ServiceUnavailableError)
  proxy.restore('deliver')
  assert.notEqual(await pidOf(db), pid)
})
