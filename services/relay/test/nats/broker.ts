import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { createLogger } from '@shop/service/logger'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { until as waitUntil } from '@shop/tests/kit/until'
import { Registry } from 'prom-client'
import { createBrokerMetrics } from '../../src/nats/broker-metrics.ts'
import { createNatsSink } from '../../src/nats/nats-sink.ts'
import type { TestApp } from '../app.ts'
import { place } from '../orders.ts'

export const retentionMs = 3_600_000

export type RunningSink = Awaited<ReturnType<typeof startSink>>

/** Runs a sink as the holder of the lease does, until stop() or the end of the test. */
export function startSink(
  t: TestContext,
  { feed, lease }: Pick<TestApp, 'feed' | 'lease'>,
  brokerUrl: string,
) {
  const registry = new Registry()
  const lines: string[] = []
  const log = createLogger({ name: 'relay', level: 'info' }, { write: (line) => void lines.push(line) })
  const sink = createNatsSink({
    brokerUrl,
    stream: 'orders',
    retentionMs,
    metrics: createBrokerMetrics(registry),
    log,
    retryMs: 20,
  })
  const ending = new AbortController()
  const run = sink.run(feed, ending.signal, lease)
  const stop = () => {
    ending.abort()
    return run
  }
  cleanUp(t, stop)
  const metric = async (name: string, reason?: string) => {
    const { values = [] } = (await registry.getSingleMetric(`relay_broker_${name}`)?.get()) ?? {}
    return values.find(({ labels }) => labels.reason === reason)?.value ?? 0
  }
  return { stop, metric, log: () => lines.join('') }
}

/** Connects to the broker until the test ends. */
export async function connectForTest(t: TestContext, url: string) {
  const { host, username: token } = new URL(url)
  const connection = await connect({ servers: host, reconnect: false, ...(token && { token }) })
  cleanUp(t, () => connection.close())
  const manager = await jetstreamManager(connection)
  return { connection, manager, client: jetstream(connection) }
}

/** Resolves when `check` returns true. */
export const until = (check: () => boolean | Promise<boolean>, what: string, limitMs = 15_000) =>
  waitUntil(check, { what, limitMs, everyMs: 5 })

/** Places orders and gives their events positions. Returns the position of the last one. */
export async function placeOrders({ database, shop, move, feed }: TestApp, count: number): Promise<number> {
  for (let placed = 0; placed < count; placed++) await place(database.owner, shop)
  await move()
  return (await feed.readState()).head
}

/** Returns the messages of the stream, in order. */
export async function readStream(url: string) {
  const connection = await connect({ servers: new URL(url).host, reconnect: false })
  try {
    const manager = await jetstreamManager(connection)
    const { state } = await manager.streams.info('orders')
    const messages = []
    for (let seq = Math.max(state.first_seq, 1); seq <= state.last_seq; seq++) {
      const message = await manager.streams.getMessage('orders', { seq })
      assert.ok(message)
      const { subject, header } = message
      const cursor = header.get('Relay-Cursor')
      const position = Number(cursor.split('.')[1])
      messages.push({ subject, id: header.get('Nats-Msg-Id'), cursor, position, json: message.string() })
    }
    return messages
  } finally {
    await connection.close()
  }
}

/** Returns the positions of the stream's messages, in order. */
export const positionsIn = async (url: string) => (await readStream(url)).map(({ position }) => position)

/** Returns the whole numbers from the first to the last. */
export const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)
