import assert from 'node:assert/strict'
import { createServer, type Socket, connect as tcpConnect } from 'node:net'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createDatabase, type Database, violatedConstraint } from '@shop/shared/database'
import { ServiceUnavailableError } from '@shop/shared/errors'
import { createLogger } from '@shop/shared/logger'
import { createTestDatabase, type TestDatabase } from '@shop/shared/testing/database'

let server: TestDatabase

before(async () => {
  server = await createTestDatabase('order_service')
})
after(() => server.drop())

const defaults = { databasePoolSize: 2, databaseConnectTimeoutMs: 1000, databaseQueryTimeoutMs: 1000 }
const logger = createLogger({ name: 'test', level: 'silent' })

function open(t: TestContext, config: Partial<typeof defaults & { databaseUrl: string }> = {}): Database {
  const db = createDatabase(
    { ...defaults, databaseUrl: server.urlOf('owner'), ...config },
    { name: 'test', logger },
  )
  t.after(() => db.close())
  return db
}

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

test('a transaction commits what it did when its work resolves, and nothing when it throws', async (t) => {
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

test('violatedConstraint names the constraint, and nothing for other errors', async (t) => {
  const db = open(t)
  await db.query({ text: 'CREATE TABLE positive (n int CONSTRAINT positive_only CHECK (n > 0))' })
  await db.query({ text: 'INSERT INTO positive VALUES (-1)' }).catch((error) => {
    assert.equal(violatedConstraint(error), 'positive_only')
  })
  assert.equal(violatedConstraint(new Error('other')), undefined)
  await db.query({ text: 'SELECT 1/0' }).catch((error) => assert.equal(violatedConstraint(error), undefined))
})

test('transactions that deadlock are run again until all of them are through', async (t) => {
  const db = open(t, { databasePoolSize: 4, databaseQueryTimeoutMs: 10_000 })
  await db.query({ text: 'CREATE TABLE accounts AS SELECT id, 0 AS amount FROM generate_series(1, 2) AS id' })
  let runs = 0
  const add = (first: number, second: number) =>
    db.transaction(async (tx) => {
      runs++
      for (const id of [first, second]) {
        await tx.query({ text: 'UPDATE accounts SET amount = amount + 1 WHERE id = $1', values: [id] })
        await setTimeout(50)
      }
    })
  await Promise.all([add(1, 2), add(2, 1)])
  assert.ok(runs > 2, 'they did meet')
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

test('a backend that dies under a transaction fails that one with a 503, and the process lives on', async (t) => {
  const db = open(t)
  const killed = db.transaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid' })
    await server.owner.query({ text: 'SELECT pg_terminate_backend($1)', values: [row?.pid] })
    await setTimeout(100) // time for the connection's error event, with no query under way
    await tx.query({ text: 'SELECT 1' })
  })
  await assert.rejects(killed, ServiceUnavailableError)
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
  const db = open(t, { databasePoolSize: 1, databaseConnectTimeoutMs: 200 })
  const slow = db.query({ text: 'SELECT pg_sleep(0.6)' })
  await setTimeout(20)
  await assert.rejects(db.query({ text: 'SELECT 1' }), ServiceUnavailableError)
  await slow
})

test('a database that refuses connections is a 503', async (t) => {
  const db = open(t, { databaseUrl: 'postgres://nobody@127.0.0.1:1/none' })
  await assert.rejects(db.query({ text: 'SELECT 1' }), ServiceUnavailableError)
})

test('a database that falls silent is a 503 after the time-out, and a new connection is made afterwards', async (t) => {
  const proxy = await startProxy(t, server.urlOf('owner'))
  const db = open(t, { databaseUrl: proxy.url, databasePoolSize: 1, databaseQueryTimeoutMs: 200 })
  const pid = await pidOf(db)
  proxy.silence(true)
  await assert.rejects(db.query({ text: 'SELECT 1' }), ServiceUnavailableError)
  proxy.silence(false)
  assert.notEqual(await pidOf(db), pid)
})

/** A TCP proxy in front of the database that can swallow everything without closing anything, as a broken network does. */
async function startProxy(t: TestContext, target: string) {
  const { hostname, port } = new URL(target)
  let silent = false
  const sockets = new Set<Socket>()
  const listener = createServer((client) => {
    const upstream = tcpConnect(Number(port), hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => silent || to.write(chunk))
      from.on('close', () => to.destroy())
      from.on('error', () => to.destroy())
    }
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  })
  const url = new URL(target)
  url.port = String((listener.address() as { port: number }).port)
  return {
    url: url.href,
    silence(on: boolean) {
      silent = on
    },
  }
}
