import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { feedFaults } from '@shop/relay/test/feed-faults'
import pg from 'pg'
import { cleanUp } from '../kit/clean-up.ts'
import { type Proxy as NetworkProxy, startProxy } from '../kit/network/proxy.ts'
import { type Consumer, startConsumer } from './harness/consumer.ts'
import { conclude, quick, untilHealed } from './harness/fault.ts'
import { createRandom, waitBetween } from './harness/random.ts'
import type { ServiceProcess } from './harness/service-process.ts'
import { type Shop, startShop } from './harness/shop.ts'
import { documentedDeadlineMs, startTraffic } from './harness/traffic.ts'

const rounds = quick ? 2 : 20

/** The longest that nobody may work after a relay has failed: its lease, an attempt a second, and the attempt itself. */
const takesOverWithinMs = 5000

/** Starts a shop with two relays, shoppers and a consumer of the feed. The first relay works. */
async function startAll(t: TestContext, firstRelay?: (shop: Shop) => Promise<Record<string, string>>) {
  const shop = await startShop(t)
  const first = await shop.startRelay(await firstRelay?.(shop))
  await holderAmong([first])
  const relays = [first, await shop.startRelay()] as const
  const prober = await shop.newShopper()
  const operator = await shop.newOperator()
  const consumer = startConsumer(shop, operator, () => relays.map(({ url }) => url))
  return { shop, relays, prober, consumer }
}

const holdsLease = async ({ url }: ServiceProcess) => {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined)
  return /^relay_holds_lease 1$/m.test((await response?.text()) ?? '')
}

/** Resolves to the relay that works. */
async function holderAmong(relays: readonly ServiceProcess[]): Promise<ServiceProcess> {
  for (const deadline = performance.now() + 30_000; ; await setTimeout(20)) {
    for (const relay of relays) if (await holdsLease(relay)) return relay
    assert.ok(performance.now() < deadline, 'no relay takes the lease')
  }
}

/** Asserts that the feed has each event of the history once and in order, and that the consumer got just that. */
async function assertFeed(
  t: TestContext,
  { shop, relays, consumer }: { shop: Shop; relays: readonly ServiceProcess[]; consumer: Consumer },
) {
  const { owner } = shop.postgres
  const pending = async () =>
    (await owner.query<{ count: number }>({ text: 'SELECT count(*)::int FROM order_events_pending' }))[0]
      ?.count
  for (const deadline = performance.now() + 30_000; (await pending()) !== 0; await setTimeout(50))
    assert.ok(performance.now() < deadline, 'events are left without a position')
  const feed = await owner.query<{ id: string; ms: number }>({
    text: 'SELECT id, extract(epoch FROM moved_at - at)::float * 1000 AS ms FROM feed ORDER BY position',
  })
  await consumer.finish(feed.length)
  // without the demo orders, whose events are old
  const delays = feed
    .map(({ ms }) => ms)
    .filter((ms) => ms < 60_000)
    .toSorted((a, b) => a - b)
  const percentile = (share: number) => Math.round(delays[Math.floor(delays.length * share)] ?? 0)
  t.diagnostic(
    `${feed.length} events; to their positions: p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms`,
  )
  const crashes = relays.flatMap(({ name, crashes }) => crashes.map((how) => `${name} ended with ${how}`))
  assert.deepEqual(
    { faults: await feedFaults(owner), wrong: consumer.wrong, crashes },
    { faults: [], wrong: [], crashes: [] },
  )
  assert.deepEqual(
    consumer.ids,
    feed.map(({ id }) => id),
  )
}

test('kill -9 of a relay, the order service and PostgreSQL in turn leaves the feed whole and in order', async (t) => {
  const { shop, relays, prober, consumer } = await startAll(t)
  const traffic = await startTraffic(shop, { writers: 24, mayGetNoAnswer: true })
  const random = createRandom('when a relay, the order service or PostgreSQL is killed')
  const takeoversMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    await waitBetween(200, 700, random)
    const holder = await holderAmong(relays)
    await holder.end('SIGKILL')
    const killedAt = performance.now()
    await holderAmong(relays.filter((relay) => relay !== holder))
    takeoversMs.push(performance.now() - killedAt)
    await holder.start()

    await waitBetween(200, 700, random)
    await shop.order.end('SIGKILL')
    await shop.order.start()

    await waitBetween(200, 700, random)
    await shop.postgres.kill()
    await shop.postgres.start()
    await untilHealed(shop, prober, performance.now())
  }
  t.diagnostic(`took over after ${takeoversMs.map(Math.round).join(', ')} ms`)
  await conclude(t, {
    shop,
    traffic,
    fault: `kill -9 of relay, order service and PostgreSQL, ×${rounds} each`,
    healedMs: takeoversMs,
  })
  await assertFeed(t, { shop, relays, consumer })
  assert.ok(Math.max(...takeoversMs) < takesOverWithinMs, `another took over after ${takeoversMs} ms`)
})

for (const frozenMs of quick ? [15_000] : [15_000, 150_000])
  test(`a relay that is frozen for ${frozenMs / 1000} s is replaced, and does no harm when it wakes`, async (t) => {
    const { shop, relays, consumer } = await startAll(t)
    const traffic = await startTraffic(shop, { writers: 3, deadlineMs: 2 * documentedDeadlineMs })
    await setTimeout(1000)
    const first = await holderAmong(relays)
    const others = relays.filter((relay) => relay !== first)
    await whileItsStatementRuns(t, shop, () => first.freeze(true))
    const frozenAt = performance.now()
    await holderAmong(others)
    const takeoverMs = performance.now() - frozenAt
    await setTimeout(frozenMs - takeoverMs)
    first.freeze(false)
    await setTimeout(2000)
    await conclude(t, {
      shop,
      traffic,
      fault: `relay frozen ${frozenMs / 1000} s`,
      healedMs: [takeoverMs],
    })
    await assertFeed(t, { shop, relays, consumer })
    assert.deepEqual([await holdsLease(first), await holdsLease(others[0] as ServiceProcess)], [false, true])
    assert.ok(takeoverMs < takesOverWithinMs, `another took over after ${takeoverMs} ms`)
  })

for (const how of ['deliver', 'forget'] as const) {
  const outcome = how === 'deliver' ? 'what it had sent arrives late' : 'its connections stay dead'
  test(`a relay that is cut off from the database is replaced; then ${outcome}`, async (t) => {
    let proxy: NetworkProxy | undefined
    const { shop, relays, consumer } = await startAll(t, async ({ postgres }) => {
      proxy = await startProxy(t, postgres.urlOf('relay'))
      return { DATABASE_URL: proxy.url }
    })
    const [first, second] = relays
    const traffic = await startTraffic(shop, { writers: 12 })
    await setTimeout(1000)
    proxy?.silence()
    const cutOffAt = performance.now()
    await holderAmong([second])
    const takeoverMs = performance.now() - cutOffAt
    await setTimeout(10_000 - takeoverMs)
    assert.equal(await holdsLease(first), false)
    proxy?.restore(how)
    // it serves again, and takes over again when the other one is gone
    await first.untilReady()
    await second.end('SIGTERM')
    await holderAmong([first])
    await setTimeout(1000)
    await second.start()
    await conclude(t, {
      shop,
      traffic,
      fault: `relay cut off from the database 10 s; ${outcome}`,
      healedMs: [takeoverMs],
    })
    await assertFeed(t, { shop, relays, consumer })
    assert.ok(takeoverMs < takesOverWithinMs, `another took over after ${takeoverMs} ms`)
  })
}

/** Does `work` while the statement that gives positions is under way in PostgreSQL. */
async function whileItsStatementRuns(t: TestContext, { postgres }: Shop, work: () => void) {
  const blocker = new pg.Client({ connectionString: postgres.url })
  await blocker.connect()
  cleanUp(t, () => blocker.end())
  await blocker.query('BEGIN')
  await blocker.query('SELECT FROM relay_state FOR UPDATE')
  const isRunning = async () => {
    const { rowCount } = await blocker.query(
      `SELECT FROM pg_stat_activity WHERE usename = 'relay_service' AND wait_event_type = 'Lock' AND query LIKE '%INTO feed%'`,
    )
    return rowCount !== 0
  }
  for (const deadline = performance.now() + 10_000; !(await isRunning()); await setTimeout(5))
    assert.ok(performance.now() < deadline, 'no event gets a position')
  work()
  await blocker.query('ROLLBACK')
}
