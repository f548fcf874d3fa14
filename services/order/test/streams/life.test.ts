import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { signToken } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertUser, type TestAppOptions } from '../app.ts'
import { placeOrder } from '../changes.ts'
import { listen } from '../exports/exports.ts'
import { publish } from './feed.ts'
import { openReader, type Reader } from './streams.ts'

async function start(t: TestContext, options: TestAppOptions) {
  const logLines: string[] = []
  const context = await createTestApp({ ...options, logLines })
  cleanUp(t, () => context.close())
  return { context, url: await listen(context), logLines }
}

const linesOf = (lines: string[], msg: string) =>
  lines.map((line) => JSON.parse(line)).filter((line) => line.msg === msg)

const beginning = (reader: Reader) => until(() => reader.text() !== '')

test('heartbeats keep a stream open beyond the idle time-out of other connections', async (t) => {
  const { context, url } = await start(t, { streams: { heartbeatMs: 300 } })
  context.app.server.setTimeout(1000)
  const reader = await openReader(t, url, { userId: uuidv7() })
  await until(() => (reader.text().match(/^: heartbeat\nid: \w+\.\d+\n\n/gm) ?? []).length >= 6)
  assert.ok(!reader.isClosed())
})

test('a stream ends when its token expires, as a whole answer, with a time to come back after', async (t) => {
  const { url, logLines } = await start(t, {})
  const userId = uuidv7()
  const exp = Math.floor(Date.now() / 1000) + 3
  const authorization = `Bearer ${await signToken({ id: userId }, { claims: { exp } })}`
  const reader = await openReader(t, url, { userId, headers: { authorization } })
  let closedAt = 0
  reader.response.once('close', () => {
    closedAt = Date.now()
  })
  await until(() => closedAt > 0)
  assert.ok(closedAt >= exp * 1000, `${exp * 1000 - closedAt} ms too early`)
  assert.ok(reader.isWhole())
  assert.match(reader.text(), /\n\nretry: \d{4}\n\n$/)
  assert.deepEqual(
    linesOf(logLines, 'stream ended').map((line) => [line.userId, line.reason, line.events]),
    [[userId, 'expired', 0]],
  )
})

test('a stream ends after its longest time', async (t) => {
  const { url } = await start(t, { streams: { maxOpenMs: 100 } })
  const reader = await openReader(t, url, { userId: uuidv7() })
  await until(() => reader.isClosed())
  assert.ok(reader.isWhole())
})

test('streams end when the service closes, with times to come back after that differ', async (t) => {
  const { context, url } = await start(t, {})
  const readers = await Promise.all([1, 2, 3, 4].map(() => openReader(t, url, { userId: uuidv7() })))
  await Promise.all(readers.map(beginning))
  await context.app.close()
  await until(() => readers.every((reader) => reader.isClosed()))
  assert.ok(readers.every((reader) => reader.isWhole()))
  const times = readers.map((reader) => /retry: (\d{4})\n\n$/.exec(reader.text())?.[1])
  assert.ok(times.every(Boolean))
  assert.ok(new Set(times).size > 1, String(times))
})

test('the log and the metrics have a stream when it begins, and its end by itself', async (t) => {
  const { context, url, logLines } = await start(t, {})
  const userId = await insertUser(context.database)
  const reader = await openReader(t, url, { userId })
  await beginning(reader)
  const metrics = async () => (await context.app.inject('/metrics')).body
  assert.match(await metrics(), /^order_streams_open 1$/m)
  const counted =
    /^http_request_duration_seconds_count\{method="GET",route="\/orders\/stream",status="200"\} 1$/m
  assert.match(await metrics(), counted)
  const ofStream = () => linesOf(logLines, 'request').filter(({ route }) => route === '/orders/stream')
  assert.deepEqual(
    ofStream().map((line) => [line.status, line.userId]),
    [[200, userId]],
  )
  await placeOrder(context, userId)
  await publish(context.database)
  await reader.untilEvents(1)
  reader.response.destroy()
  await until(() => linesOf(logLines, 'stream ended').length === 1)
  const [end] = linesOf(logLines, 'stream ended')
  assert.deepEqual([end.reason, end.events, typeof end.openSeconds], ['left', 1, 'number'])
  assert.match(await metrics(), /^order_streams_open 0$/m)
  assert.match(await metrics(), /^order_streams_ended_total\{reason="left"\} 1$/m)
  await setTimeout(50)
  assert.match(await metrics(), counted)
  assert.equal(ofStream().length, 1)
})
