import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { feedFaults } from '@shop/relay/test/feed-faults'
import { type Consumer, startConsumer } from './consumer.ts'
import type { ServiceProcess } from './service-process.ts'
import { type Shop, startShop } from './shop.ts'

/** The longest that nobody may work after a relay has failed: its lease, an attempt a second, and the attempt itself. */
export const takesOverWithinMs = 5000

/** Starts a shop with two relays, shoppers and a consumer of the feed. The first relay works. */
export async function startRelays(
  t: TestContext,
  firstRelay?: (shop: Shop) => Promise<Record<string, string>>,
) {
  const shop = await startShop(t)
  const first = await shop.startRelay(await firstRelay?.(shop))
  await holderAmong([first])
  const relays = [first, await shop.startRelay()] as const
  const prober = await shop.newShopper()
  const operator = await shop.newOperator()
  const consumer = startConsumer(shop, operator, () => relays.map(({ url }) => url))
  return { shop, relays, prober, consumer }
}

export const holdsLease = async ({ url }: ServiceProcess) => {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined)
  return /^relay_holds_lease 1$/m.test((await response?.text()) ?? '')
}

/** Resolves to the relay that works. */
export async function holderAmong(relays: readonly ServiceProcess[]): Promise<ServiceProcess> {
  for (const deadline = performance.now() + 30_000; ; await setTimeout(20)) {
    for (const relay of relays) if (await holdsLease(relay)) return relay
    assert.ok(performance.now() < deadline, 'no relay takes the lease')
  }
}

/** Asserts that the feed has each event of the history once and in order, and that the consumer got just that. */
export async function assertFeed(
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
