import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { type NatsServer, startNats, withoutNats } from '../kit/nats.ts'
import { dropPublish } from '../kit/network/drop-publish.ts'
import { startProxy } from '../kit/network/proxy.ts'
import { conclude, quick } from './harness/fault.ts'
import type { ServiceProcess } from './harness/service-process.ts'
import { type Shop, startShop } from './harness/shop.ts'
import { documentedDeadlineMs, startTraffic } from './harness/traffic.ts'

const options = { skip: withoutNats }

const outageMs = quick ? 5000 : 60_000

/** Starts a shop with two relays that send to the broker, and traffic. */
async function startAll(t: TestContext, brokerUrl: string) {
  const shop = await startShop(t, { env: { relay: { BROKER_URL: brokerUrl } } })
  const relays = [await shop.startRelay(), await shop.startRelay()]
  const traffic = await startTraffic(shop, { writers: 3, deadlineMs: 2 * documentedDeadlineMs })
  await setTimeout(1000)
  return { shop, relays, traffic }
}

/** Returns the ids in the stream, in order. */
async function idsInStream({ url }: NatsServer): Promise<string[]> {
  const connection = await connect({ servers: new URL(url).host, reconnect: false })
  try {
    const { state } = await (await jetstreamManager(connection)).streams.info('orders')
    const manager = await jetstreamManager(connection)
    const { name } = await manager.consumers.add('orders', { ack_policy: AckPolicy.None })
    const consumer = await jetstream(connection).consumers.get('orders', name)
    const ids: string[] = []
    while (ids.length < state.messages)
      for await (const { headers } of await consumer.fetch({ max_messages: 500, expires: 1000 }))
        ids.push(headers?.get('Nats-Msg-Id') ?? '')
    return ids
  } finally {
    await connection.close()
  }
}

/** Asserts that the broker gets all events of the feed, in its order, once repeats are dropped. */
async function assertStream(t: TestContext, shop: Shop, nats: NatsServer): Promise<void> {
  const { owner } = shop.postgres
  const count = async (table: string) =>
    (await owner.query<{ count: number }>({ text: `SELECT count(*)::int FROM ${table}` }))[0]?.count
  const deadline = performance.now() + 60_000
  for (; (await count('order_events_pending')) !== 0; await setTimeout(50))
    assert.ok(performance.now() < deadline, 'events are left without a position')
  const feed = await owner.query<{ id: string }>({ text: 'SELECT id FROM feed ORDER BY position' })
  const last = feed.at(-1)?.id
  let ids = await idsInStream(nats)
  for (; ids.at(-1) !== last; ids = await idsInStream(nats)) {
    assert.ok(performance.now() < deadline, `the broker has ${ids.length} of ${feed.length} events`)
    await setTimeout(100)
  }
  t.diagnostic(`${feed.length} events, ${ids.length} messages`)
  assert.deepEqual(
    [...new Set(ids)],
    feed.map(({ id }) => id),
  )
}

const holdsLease = async ({ url }: ServiceProcess) => {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined)
  return /^relay_holds_lease 1$/m.test((await response?.text()) ?? '')
}

test('a broker that is killed by -9 for a while has all events in order afterwards', options, async (t) => {
  const nats = await startNats(t)
  const { shop, traffic } = await startAll(t, nats.url)
  await nats.kill()
  await setTimeout(outageMs)
  await nats.start()
  await setTimeout(1000)
  await conclude(t, { shop, traffic, fault: `broker killed for ${outageMs / 1000} s`, healedMs: [] })
  await assertStream(t, shop, nats)
})

test('a broker that is frozen for a while has all events in order afterwards', options, async (t) => {
  const nats = await startNats(t)
  const { shop, traffic } = await startAll(t, nats.url)
  nats.freeze(true)
  await setTimeout(outageMs)
  nats.freeze(false)
  await setTimeout(1000)
  await conclude(t, { shop, traffic, fault: `broker frozen for ${outageMs / 1000} s`, healedMs: [] })
  await assertStream(t, shop, nats)
})

test('a publish that is lost on the way to the broker is sent again, in its place', options, async (t) => {
  const nats = await startNats(t)
  const proxy = await startProxy(t, nats.url)
  const losses = [20, 200, 400].map((skipped) => dropPublish('orders.', skipped))
  proxy.rewrite((chunk) => losses.reduce((rest, { change }) => change(rest), chunk))
  const { shop, traffic } = await startAll(t, proxy.url)
  const deadline = performance.now() + 60_000
  for (; !losses.every(({ hasDropped }) => hasDropped()); await setTimeout(50))
    assert.ok(performance.now() < deadline, 'no publish passed')
  await conclude(t, { shop, traffic, fault: 'publishes lost on the way to the broker', healedMs: [] })
  await assertStream(t, shop, nats)
})

test('a relay that wakes up after another took over changes nothing at the broker', options, async (t) => {
  const nats = await startNats(t)
  const { shop, relays, traffic } = await startAll(t, nats.url)
  const rounds = quick ? 1 : 5
  for (let round = 0; round < rounds; round++) {
    const held = await Promise.all(relays.map(holdsLease))
    const holder = relays[held.indexOf(true)]
    assert.ok(holder, 'no relay has the lease')
    holder.freeze(true)
    await setTimeout(15_000)
    holder.freeze(false)
    await setTimeout(2000)
  }
  await conclude(t, {
    shop,
    traffic,
    fault: `relay frozen for 15 s, ×${rounds}, with a broker`,
    healedMs: [],
  })
  await assertStream(t, shop, nats)
})
