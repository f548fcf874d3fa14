import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { startNameServer } from '../kit/network/name-server.ts'
import { startReceiver, startTcpServer } from '../kit/network/receivers.ts'
import { conclude, quick, untilHealed } from './harness/fault.ts'
import { createRandom, waitBetween } from './harness/random.ts'
import { type Shop, startShop } from './harness/shop.ts'
import { startTraffic } from './harness/traffic.ts'
import {
  addWebhook,
  assertArrived,
  changeWebhook,
  cursorOf,
  type Listener,
  outOfOrder,
  retrySeconds,
  startListener,
  webhookEnvironment,
} from './harness/webhooks.ts'

const rounds = quick ? 2 : 20

/**
 * What a busy machine may add to twice the delay without bad receivers, in milliseconds; in CI, others use its cores.
 * An event that has to wait for a bad receiver is 5,000 (a silent name server) to 15,000 (no answer) late.
 */
const allowedMs = quick ? 1000 : 250

test('kill -9 of relays and PostgreSQL: each webhook gets the feed, and with ordered in order', async (t) => {
  const shop = await startShop(t, { env: { relay: webhookEnvironment() } })
  const relays = [await shop.startRelay(), await shop.startRelay()] as const
  const [prober, operator] = [await shop.newShopper(), await shop.newOperator()]
  const [plain, ordered] = [await startListener(t), await startListener(t)]
  // the demo orders were announced before
  await untilFeedIsStill(shop)
  const [after, afterOrdered] = [
    await cursorOf(shop, await addWebhook(relays[0], operator, { url: plain.url })),
    await cursorOf(shop, await addWebhook(relays[0], operator, { url: ordered.url, ordered: true })),
  ]
  const traffic = await startTraffic(shop, { mayGetNoAnswer: true })
  const random = createRandom('when a relay or PostgreSQL is killed')
  for (let round = 0; round < rounds; round++) {
    for (const relay of relays) {
      await waitBetween(500, 1500, random)
      await relay.end('SIGKILL')
      await setTimeout(200)
      await relay.start()
    }
    await waitBetween(200, 700, random)
    await shop.postgres.kill()
    await shop.postgres.start()
    await untilHealed(shop, prober, performance.now())
    // receivers fail now and then
    for (const listener of [plain, ordered]) listener.isUp = round % 2 === 1
    await waitBetween(200, 700, random)
    for (const listener of [plain, ordered]) listener.isUp = true
  }
  await conclude(t, { shop, traffic, fault: `kill -9 of relays with webhooks, ×${2 * rounds}`, healedMs: [] })
  await untilFeedIsStill(shop)
  const repeats = await assertArrived(shop, plain, { after })
  const repeatsInOrder = await assertArrived(shop, ordered, { after: afterOrdered })
  t.diagnostic(`${plain.arrivals.length} arrivals, ${repeats} and ${repeatsInOrder} of them repeats`)
  assert.deepEqual(outOfOrder(ordered), [])
  assert.deepEqual(
    relays.flatMap(({ crashes }) => crashes),
    [],
  )
})

test('receivers that misbehave in every way cost a good one nothing, and are attempted as documented', async (t) => {
  const { nameServer, rebindingPort, forbidden } = await startNames(t)
  const shop = await startShop(t, { env: { relay: webhookEnvironment(nameServer) } })
  const relay = await shop.startRelay()
  const operator = await shop.newOperator()
  const [good, down] = [await startListener(t), await startListener(t)]
  await untilFeedIsStill(shop)
  const add = (url: string) => addWebhook(relay, operator, { url })
  const after = await cursorOf(shop, await add(good.url))
  const traffic = await startTraffic(shop, { writers: 2, readers: 0, pauseMs: 50 })
  // a new webhook is noticed within a second or two
  await until('the good receiver gets events', () => good.arrivals.length > 0)
  const alone = await periodOf(quick ? 10_000 : 20_000)
  const aloneMiB = relay.memoryMiB()

  const downId = await add(down.url)
  const afterDown = await cursorOf(shop, downId)
  down.isUp = false
  const failing = await startReceiver(t, (_received, _request, response) => response.writeHead(500).end('Oh'))
  const failingId = await add(failing.url)
  const bad = [failingId]
  const hanging = await Promise.all(
    Array.from({ length: 50 }, () => startTcpServer(t, (socket) => socket.resume())),
  )
  for (const { url } of hanging) bad.push(await add(url))
  for (const url of await startOthers(t, forbidden.url)) bad.push(await add(url))
  const rebindingId = await add(`http://rebinding.example:${rebindingPort}/`)
  const silentId = await add('http://silent.example/')
  bad.push(rebindingId, silentId)
  await until('each bad receiver is attempted', () =>
    [failing.received.length, ...hanging.map(({ sockets }) => sockets.size)].every((count) => count > 0),
  )
  const beside = await periodOf(quick ? 10_000 : 60_000)
  const besideMiB = relay.memoryMiB()
  down.isUp = true
  for (const id of bad) await changeWebhook(relay, operator, id, { enabled: false })
  await untilNoneWaits(shop, downId)
  const aloneAgain = await periodOf(quick ? 10_000 : 20_000)

  await conclude(t, { shop, traffic, fault: 'receivers that misbehave', healedMs: [] })
  await untilFeedIsStill(shop)
  await assertArrived(shop, good, { after })
  await assertArrived(shop, down, { after: afterDown })
  // only now, so that those of each period that arrived last are among them
  const aloneMs = [alone, aloneAgain].map((period) => percentile99(good, period))
  const besideMs = percentile99(good, beside)
  t.diagnostic(
    `p99 alone ${aloneMs.join(' and ')} ms, beside them ${besideMs} ms; ${aloneMiB} and ${besideMiB} MiB`,
  )
  // the machine is shared: the slower of both periods counts
  const limitMs = 2 * Math.max(...aloneMs) + allowedMs
  assert.ok(besideMs <= limitMs, `p99 ${besideMs} ms instead of ${aloneMs.join(' and ')} ms`)
  assert.ok(besideMiB < aloneMiB + 150, `${besideMiB} MiB instead of ${aloneMiB} MiB`)
  assert.equal(forbidden.sockets.size, 0)

  const counts = Map.groupBy(failing.received, ({ headers }) => headers['webhook-id'])
  assert.ok([...counts.values()].every((attempts) => attempts.length <= retrySeconds.length + 1))
  const reasonsOf = async (id: string) =>
    (
      await shop.postgres.owner.query<{ reason: string }>({
        text: 'SELECT DISTINCT reason FROM webhook_deliveries WHERE webhook_id = $1 AND attempts > 0 ORDER BY reason',
        values: [id],
      })
    ).map(({ reason }) => reason)
  assert.deepEqual(await reasonsOf(failingId), ['status'])
  assert.deepEqual(await reasonsOf(silentId), ['name_not_resolved'])
  assert.ok((await reasonsOf(rebindingId)).every((reason) => reason === null || reason === 'address_refused'))
  assert.deepEqual(relay.crashes, [])
})

/** A name that has an allowed address and a forbidden one in turn, and one that nobody answers for. */
async function startNames(t: TestContext) {
  const rebound = await startReceiver(t)
  // what answers here must never be asked
  const forbidden = await startTcpServer(t, (socket) => socket.end(), {
    host: '127.0.0.2',
    port: rebound.port,
  })
  let questions = 0
  const nameServer = await startNameServer(t, (name) => {
    if (name === 'silent.example') return undefined
    return [questions++ % 2 === 0 ? '127.0.0.1' : '127.0.0.2']
  })
  return { nameServer, rebindingPort: rebound.port, forbidden }
}

const tenMegabytes = Buffer.alloc(10_000_000)

/** Starts receivers that fail in other ways, and returns their URLs. */
async function startOthers(t: TestContext, forbiddenUrl: string): Promise<string[]> {
  const busy = await startReceiver(t, (_received, _request, response) => {
    response.writeHead(429, { 'retry-after': '2' }).end()
  })
  const closing = await startTcpServer(t, (socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-le')),
  )
  const large = await startReceiver(t, (_received, _request, response) => {
    response.writeHead(500).end(tenMegabytes)
  })
  const redirecting = await Promise.all(
    ['http://169.254.169.254/latest/meta-data/', forbiddenUrl].map((location) =>
      startReceiver(t, (_received, _request, response) => response.writeHead(307, { location }).end()),
    ),
  )
  return [busy, closing, large, ...redirecting].map(({ url }) => url)
}

type Period = { from: number; to: number }

/** Waits, and returns the period that has passed, in milliseconds of Date.now. */
async function periodOf(ms: number): Promise<Period> {
  const from = Date.now()
  await setTimeout(ms)
  return { from, to: Date.now() }
}

/** Returns how late the events of a period arrived, at the 99th percentile, in milliseconds. */
function percentile99({ arrivals }: Listener, { from, to }: Period): number {
  const delays = arrivals
    .filter(({ happenedAt }) => happenedAt >= from && happenedAt < to)
    .map(({ delayMs }) => delayMs)
    .toSorted((a, b) => a - b)
  assert.ok(delays.length >= 100, `only ${delays.length} arrivals`)
  return delays[Math.floor(delays.length * 0.99)] as number
}

/** Waits until nothing is left that a webhook has to be sent again. */
async function untilNoneWaits({ postgres }: Shop, webhookId: string) {
  const count = async () =>
    (
      await postgres.owner.query<{ count: number }>({
        text: `SELECT count(*)::int FROM webhook_deliveries WHERE webhook_id = $1 AND state = 'waiting'`,
        values: [webhookId],
      })
    )[0]?.count
  for (const deadline = performance.now() + 60_000; (await count()) !== 0; await setTimeout(200))
    assert.ok(performance.now() < deadline, 'a receiver that is up again is still behind')
}

async function until(what: string, isSo: () => boolean) {
  for (const deadline = performance.now() + 30_000; !isSo(); await setTimeout(20))
    assert.ok(performance.now() < deadline, `it does not come so far that ${what}`)
}

/** Waits until every event has a position. */
async function untilFeedIsStill({ postgres }: Shop) {
  const pending = async () =>
    (
      await postgres.owner.query<{ count: number }>({
        text: 'SELECT count(*)::int FROM order_events_pending',
      })
    )[0]?.count
  for (const deadline = performance.now() + 30_000; (await pending()) !== 0; await setTimeout(50))
    assert.ok(performance.now() < deadline, 'events are left without a position')
}
