import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { startProxy } from '@shop/tests/kit/network/proxy'
import { createPipeline } from '../../src/database/pipeline.ts'
import { ServiceUnavailableError } from '../../src/errors.ts'
import { createLogger } from '../../src/logger.ts'

let server: TestDatabase

before(async () => {
  server = await createTestDatabase('order_service')
})
after(() => server.drop())

const logger = createLogger({ name: 'test', level: 'silent' })

function open(
  t: TestContext,
  {
    maxInFlight,
    ...config
  }: { maxInFlight?: number; databaseUrl?: string; databaseQueryTimeoutMs?: number } = {},
) {
  const defaults = { databaseUrl: server.urlOf('order_service'), databasePoolSize: 1 }
  const timeouts = { databaseConnectTimeoutMs: 1000, databaseQueryTimeoutMs: 1000, databasePrepared: true }
  const pipeline = createPipeline(
    { ...defaults, ...timeouts, ...config },
    { name: 'pipeline-test', logger, ...(maxInFlight && { maxInFlight }) },
  )
  t.after(() => pipeline.close())
  return pipeline
}

const echo = (value: number) => ({ name: 'echo', text: 'SELECT $1::int AS value', values: [value] })
const pidQuery = { name: 'pid', text: 'SELECT pg_backend_pid()', values: [] }
const sleep = (seconds: number) => ({ name: 'sleep', text: 'SELECT pg_sleep($1)', values: [seconds] })

test('each query gets its own answer, with any number in progress', async (t) => {
  const pipeline = open(t)
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => pipeline.queryTexts(echo(n))))
  assert.deepEqual(
    answers.map(([row]) => Number(row?.[0])),
    Array.from({ length: 200 }, (_, n) => n),
  )
})

test('all queries share one connection', async (t) => {
  const pipeline = open(t)
  const rows = await Promise.all(Array.from({ length: 20 }, () => pipeline.queryTexts(pidQuery)))
  assert.equal(new Set(rows.map(([row]) => row?.[0])).size, 1)
})

test('a query that is refused fails alone', async (t) => {
  const pipeline = open(t)
  const [before, bad, malformed, after] = await Promise.allSettled([
    pipeline.queryTexts(echo(1)),
    pipeline.queryTexts({ name: 'division', text: 'SELECT 1/$1::int', values: [0] }),
    pipeline.queryTexts({ name: 'malformed', text: 'SELEC', values: [] }),
    pipeline.queryTexts(echo(2)),
  ])
  assert.deepEqual([before?.status, after?.status], ['fulfilled', 'fulfilled'])
  assert.match(String(bad?.status === 'rejected' && bad.reason), /division by zero/)
  assert.match(String(malformed?.status === 'rejected' && malformed.reason), /syntax error/)
})

test('a slow query is ended by the server, and those behind it get their answers', async (t) => {
  const pipeline = open(t, { databaseQueryTimeoutMs: 200 })
  const slow = pipeline.queryTexts(sleep(10))
  const next = pipeline.queryTexts(echo(3))
  await assert.rejects(slow, ServiceUnavailableError)
  assert.deepEqual(await next, [['3']])
})

test('when the connection is lost, queries in progress fail with a 503 and the next one connects again', async (t) => {
  const pipeline = open(t, { databaseQueryTimeoutMs: 5000 })
  const [first] = await pipeline.queryTexts(pidQuery)
  const inProgress = Promise.allSettled([pipeline.queryTexts(sleep(3)), pipeline.queryTexts(echo(1))])
  await setTimeout(50)
  await server.owner.query({ text: 'SELECT pg_terminate_backend($1)', values: [first?.[0]] })
  for (const outcome of await inProgress) {
    assert.ok(
      outcome.status === 'rejected' && outcome.reason instanceof ServiceUnavailableError,
      String(outcome),
    )
  }
  const [second] = await pipeline.queryTexts(pidQuery)
  assert.notEqual(second?.[0], first?.[0])
})

test('an idle connection that is lost is replaced', async (t) => {
  const pipeline = open(t)
  const [first] = await pipeline.queryTexts(pidQuery)
  await server.owner.query({ text: 'SELECT pg_terminate_backend($1)', values: [first?.[0]] })
  await setTimeout(100)
  const [second] = await pipeline.queryTexts(pidQuery)
  assert.notEqual(second?.[0], first?.[0])
})

test('a database that is unavailable is a 503 each time', async (t) => {
  const pipeline = open(t, { databaseUrl: 'postgres://nobody@127.0.0.1:1/none' })
  await assert.rejects(pipeline.queryTexts(echo(1)), ServiceUnavailableError)
  await assert.rejects(pipeline.queryTexts(echo(1)), ServiceUnavailableError)
})

test('a database that goes silent is a 503 after the time-out, and a new connection is made afterwards', async (t) => {
  const proxy = await startProxy(t, server.urlOf('order_service'))
  const pipeline = open(t, { databaseUrl: proxy.url, databaseQueryTimeoutMs: 200 })
  const [first] = await pipeline.queryTexts(pidQuery)
  proxy.silence()
  const outcomes = await Promise.allSettled([pipeline.queryTexts(echo(1)), pipeline.queryTexts(echo(2))])
  for (const outcome of outcomes) {
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof ServiceUnavailableError)
  }
  proxy.restore('deliver')
  const [second] = await pipeline.queryTexts(pidQuery)
  assert.notEqual(second?.[0], first?.[0])
})

test('queries beyond the maximum in progress are refused immediately', async (t) => {
  const pipeline = open(t, { maxInFlight: 2 })
  const inProgress = [pipeline.queryTexts(echo(1)), pipeline.queryTexts(echo(2))]
  await assert.rejects(pipeline.queryTexts(echo(3)), (error) => {
    assert.ok(error instanceof ServiceUnavailableError)
    assert.equal(error.code, 'overloaded')
    return true
  })
  await Promise.all(inProgress)
  assert.deepEqual(await pipeline.queryTexts(echo(4)), [['4']])
})

test('close waits for the queries in progress', async () => {
  const pipeline = createPipeline(
    {
      databaseUrl: server.urlOf('order_service'),
      databasePoolSize: 1,
      databaseConnectTimeoutMs: 1000,
      databaseQueryTimeoutMs: 1000,
      databasePrepared: true,
    },
    { name: 'pipeline-test', logger },
  )
  await pipeline.queryTexts(echo(0))
  const last = pipeline.queryTexts(echo(1))
  await pipeline.close()
  assert.deepEqual(await last, [['1']])
})
