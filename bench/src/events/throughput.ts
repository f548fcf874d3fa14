import { setTimeout } from 'node:timers/promises'
import { type Watched, watchUsage } from './idle.ts'
import { type EventsShop, metricOf } from './shop.ts'

/** What the relay does while orders are placed: nothing, or its work. */
export const modes = ['frozen', 'at work'] as const

/** Of a relay at work: how many events a second got positions and arrived, and what each cost in microseconds. */
export type Slice = {
  mode: (typeof modes)[number]
  orders: number
  positions: number
  arrivals: number
  relayMicroseconds: number
  backendMicroseconds: number
}

/** How fast a backlog went everywhere, in events a second. */
export type Drain = { events: number; feed: number; webhook: number; broker: number | undefined }

/** Places as many orders as possible, and returns how many a second. */
async function place({ load, service }: EventsShop, seconds: number): Promise<number> {
  const { requestsPerSecond, problems } = await load.run({
    origin: service.origin,
    scenario: 'post-with-key',
    cursors: {},
    seconds,
  })
  if (problems.length > 0) throw new Error(`orders were not placed: ${problems.join(', ')}`)
  service.process.emptyLog()
  return requestsPerSecond
}

async function countEvents({ database }: EventsShop): Promise<number> {
  const [row] = await database.db.query<{ count: number }>({
    text: 'SELECT count(*)::int AS count FROM order_events',
  })
  return row?.count ?? 0
}

async function readHead({ database }: EventsShop): Promise<number> {
  const [row] = await database.db.query<{ position: number }>({
    text: 'SELECT position::int FROM feed ORDER BY position DESC LIMIT 1',
  })
  return row?.position ?? 0
}

/** Resolves when the receiver has got every event. */
async function untilArrived(shop: EventsShop): Promise<void> {
  const events = await countEvents(shop)
  for (
    const deadline = performance.now() + 60_000;
    ;
    await setTimeout(50, undefined, { signal: shop.signal })
  ) {
    const { distinct } = await shop.received()
    if (distinct >= events) return
    if (performance.now() > deadline) throw new Error(`only ${distinct} of ${events} events have arrived`)
  }
}

/** Places orders while the relay is in this mode. What it leaves over it sends afterwards. */
export async function measureSlice(
  shop: EventsShop,
  relay: Watched,
  { mode, seconds }: { mode: Slice['mode']; seconds: number },
): Promise<Slice> {
  const { pid } = relay.subject.process
  const look = async () => ({ positions: await readHead(shop), ...(await shop.received()) })
  const before = await look()
  const usage = await watchUsage(shop, relay)
  if (mode === 'frozen') process.kill(pid, 'SIGSTOP')
  try {
    const orders = await place(shop, seconds)
    const used = usage()
    const after = await look()
    const arrivals = after.arrivals - before.arrivals
    return {
      mode,
      orders,
      positions: (after.positions - before.positions) / seconds,
      arrivals: arrivals / seconds,
      relayMicroseconds: used.process / arrivals,
      backendMicroseconds: used.backends / arrivals,
    }
  } finally {
    if (mode === 'frozen') process.kill(pid, 'SIGCONT')
    await untilArrived(shop)
  }
}

/** Places orders while no relay runs, then starts one and measures how fast their events go everywhere. */
export async function measureDrain(
  shop: EventsShop,
  { seconds, brokerUrl }: { seconds: number; brokerUrl: string | undefined },
): Promise<Drain> {
  const before = await countEvents(shop)
  await place(shop, seconds)
  const total = await countEvents(shop)
  const events = total - before
  const relay = await shop.neighbourhood.startRelay(brokerUrl ? { brokerUrl } : {})
  const reached = { feed: 0, webhook: 0, broker: 0 }
  let startedAt: number | undefined
  const deadline = performance.now() + 120_000
  const isDone = () => reached.feed && reached.webhook && (reached.broker || !brokerUrl)
  for (; !isDone(); await setTimeout(50, undefined, { signal: shop.signal })) {
    const [positions, { distinct }] = [await readHead(shop), await shop.received()]
    const now = performance.now()
    if (positions > before) startedAt ??= now
    if (startedAt === undefined) continue
    if (positions >= total) reached.feed ||= now - startedAt
    if (distinct >= total) reached.webhook ||= now - startedAt
    if (brokerUrl && (await metricOf(relay, 'relay_broker_position')) >= total)
      reached.broker ||= now - startedAt
    if (now > deadline)
      throw new Error(`events are missing: ${JSON.stringify({ total, positions, distinct })}`)
  }
  await relay.process.stop()
  const rate = (ms: number) => events / (ms / 1000)
  return {
    events,
    feed: rate(reached.feed),
    webhook: rate(reached.webhook),
    broker: brokerUrl ? rate(reached.broker) : undefined,
  }
}
