import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { asUser } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { maxWaitingBytes } from '../../src/streams/stream.ts'
import { createTestApp, insertUser } from '../app.ts'
import { act, placeOrder } from '../changes.ts'
import { listen, open } from '../exports/exports.ts'
import { epoch, head, publish } from './feed.ts'
import { openReader, type Reader, read } from './streams.ts'

/** More than the buffers of a connection hold. */
const manyEvents = 5000

/** Starts a service with an order whose shipment has a long address, so that its events are of two kilobytes. */
async function start(t: TestContext, maxStallMs: number) {
  const logLines: string[] = []
  const context = await createTestApp({ streams: { maxStallMs }, logLines })
  cleanUp(t, () => context.close())
  const sockets: Socket[] = []
  context.app.server.on('connection', (socket) => sockets.push(socket))
  const userId = await insertUser(context.database)
  const order = await placeOrder(context, userId)
  await act(context, { orderId: order.id, verb: 'pay' })
  const body = {
    carrier: 'Post',
    trackingNumber: 'PP1',
    trackingUrl: `https://parcels.example.com/${'x'.repeat(1900)}`,
  }
  await act(context, { orderId: order.id, verb: 'ship', body })
  await publish(context.database)
  const url = await listen(context)
  const endings = () => logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'stream ended')
  return { ...context, url, sockets, userId, endings }
}

type Started = Awaited<ReturnType<typeof start>>

/** Puts the last event into the feed again and again. */
async function repeatLastEvent({ database }: Started, count: number) {
  const last = await head(database)
  await database.owner.query({
    text: `INSERT INTO feed (position, id, user_id, order_id, version, type, at, moved_at)
           SELECT position + n, id, user_id, order_id, version, type, at, moved_at
           FROM feed, generate_series(1, $2::int) AS n WHERE position = $1`,
    values: [last, count],
  })
}

/** Watches what waits in this process for the reader of a connection. Returns the most that it has seen, in bytes. */
function watchWaiting(t: TestContext, { sockets }: Started): () => number {
  let most = 0
  const timer = setInterval(() => {
    for (const socket of sockets) most = Math.max(most, socket.writableLength)
  }, 1)
  cleanUp(t, () => clearInterval(timer))
  return () => most
}

/** Waits for the event at a position; the whole text would take long to search each time. */
const untilPosition = (reader: Reader, position: number) =>
  until(() => reader.text().slice(-4000).includes(`id: ${epoch}.${position}\n`))

const positionsOf = (text: string) =>
  [...text.matchAll(/^event: shipped\nid: \w+\.(\d+)$/gm)].map(([, id]) => Number(id))

const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

test('a reader that takes nothing is cut off, and gets the rest when it comes back', async (t) => {
  const started = await start(t, 300)
  const { url, userId, endings } = started
  const response = await open(t, `${url}/orders/stream`, await asUser(userId))
  const most = watchWaiting(t, started)
  const first = (await head(started.database)) + 1
  await repeatLastEvent(started, manyEvents)
  await until(() => endings().length === 1)
  assert.equal(endings()[0].reason, 'not_read')
  assert.ok(most() > 0 && most() <= maxWaitingBytes + 1024, `${most()} bytes waited`)

  const reader = read(response)
  await until(() => reader.isClosed())
  assert.equal(reader.isWhole(), false)
  const received = positionsOf(reader.text())
  assert.deepEqual(received, range(first, received.length))
  const again = await openReader(t, url, { userId, after: reader.lastId() })
  await untilPosition(again, first + manyEvents - 1)
  assert.deepEqual(positionsOf(again.text()), range(first + received.length, manyEvents - received.length))
})

test('a reader that pauses for less gets everything over the same stream', async (t) => {
  const started = await start(t, 20_000)
  const { url, userId, endings } = started
  const response = await open(t, `${url}/orders/stream`, await asUser(userId))
  const most = watchWaiting(t, started)
  const first = (await head(started.database)) + 1
  await repeatLastEvent(started, manyEvents)
  await until(() => most() > maxWaitingBytes / 2)
  await setTimeout(500)
  const reader = read(response)
  await untilPosition(reader, first + manyEvents - 1)
  assert.deepEqual(positionsOf(reader.text()), range(first, manyEvents))
  assert.ok(most() <= maxWaitingBytes + 1024, `${most()} bytes waited`)
  assert.equal(endings().length, 0)
})

test('a reader that never reads does not keep the service from closing', async (t) => {
  const started = await start(t, 20_000)
  const { url, userId, app } = started
  await open(t, `${url}/orders/stream`, await asUser(userId))
  const most = watchWaiting(t, started)
  await repeatLastEvent(started, manyEvents)
  await until(() => most() > maxWaitingBytes / 2)
  await app.close()
})
