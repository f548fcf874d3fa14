import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startNginx, withoutNginx } from '../kit/nginx.ts'
import { quick, record } from './harness/fault.ts'
import { count, type LoadOptions, type LoadResult, load, requestText } from './harness/load.ts'
import { type Shop, type Shopper, startShop } from './harness/shop.ts'

const times = 5
const overloadSeconds = quick ? 8 : 20
const peakSeconds = quick ? 3 : 5
/** Fewer than during the overload, but enough to keep the service busy. */
const peakConnections = 48
/** As a share of the peak. */
const usefulShare = 0.7
/**
 * Connections that the kernel accepted but the service reached late or not at all; their requests are
 * answered 408, 502 or 504.
 */
const strandedShare = 0.05
/**
 * A refused client that retries immediately waits until its connection is read again: 2,000 connections,
 * 1,000 per second. The gateway first tries to connect, for a second each, up to three times.
 */
const refusedWithinMs = { gateway: 8000, service: 4000 }
const mayGrowMiB = 100
/** Longer than the maximum at the gateway: two attempts of 15 s, and a connection. */
const patienceMs = 40_000

test('five times the sustainable load', async (t) => {
  const shop = await startShop(t)
  const shoppers = await Promise.all(Array.from({ length: 8 }, () => shop.newShopper()))
  await giveOrders(shop, shoppers)
  const reads = shoppers.map(({ token }) => requestText('/orders', { token }))
  const json = { productId: shop.products[0]?.id }
  const writes = shoppers.map(({ token }) =>
    requestText('/orders', { token, json, headers: { 'Idempotency-Key': '{n}' } }),
  )
  const { url } = shop.order

  await t.test('of lists', (t) =>
    overload(t, shop, { what: 'lists', door: 'service', url, requests: reads, connections: 2000 }),
  )
  await t.test('of orders', (t) =>
    overload(t, shop, { what: 'orders', door: 'service', url, requests: writes, connections: 2000 }),
  )
  await t.test('through the gateway', { skip: withoutNginx }, async (t) => {
    const orderPort = Number(new URL(url).port)
    const gateway = await startNginx(t, { addresses: ['127.0.0.1'], orderPort })
    for (const [what, requests] of [
      ['lists', reads],
      ['orders', writes],
    ] as const) {
      if (quick && what === 'orders') continue
      await t.test(`of ${what}`, (t) =>
        overload(t, shop, {
          what: `${what} by the gateway`,
          door: 'gateway',
          url: gateway.url,
          requests,
          connections: 4000,
        }),
      )
    }
  })
})

type Overload = Pick<LoadOptions, 'url' | 'requests' | 'connections'> & {
  what: string
  door: keyof typeof refusedWithinMs
}

async function overload(t: TestContext, shop: Shop, { what, door, url, requests, connections }: Overload) {
  const run = (options: Pick<LoadOptions, 'perSecond' | 'seconds' | 'connections'>) =>
    load(t, { url, requests, patienceMs, ...options })
  const peakOptions = { perSecond: 100_000, seconds: peakSeconds, connections: peakConnections }
  // the first seconds are slower: code is compiled, connections are opened
  await run({ ...peakOptions, seconds: 2 })
  const before = await orderCount(shop)
  const peak = await run(peakOptions)
  const memoryBefore = shop.order.memoryMiB()
  const perSecond = times * peak.goodPerSecond
  const flood = await run({ perSecond, seconds: overloadSeconds, connections })
  const memoryAfter = shop.order.memoryMiB()
  const calm = await run({ perSecond: peak.goodPerSecond / 3, seconds: 2, connections: peakConnections })
  // measured again, because the machine may have become slower meanwhile
  const peakAgain = await run({ ...peakOptions, seconds: 2 })
  const after = await orderCount(shop)

  t.diagnostic(describe({ peak, flood, calm, peakAgain, memoryBefore, memoryAfter }))
  const refused = count(flood, 503)
  const good = count(flood, 200) + count(flood, 201)
  const stranded =
    door === 'gateway' ? [408, 502, 504].reduce((sum, status) => sum + count(flood, status), 0) : 0
  const results = [peak, flood, calm, peakAgain]
  const placed = results.reduce((sum, { locations }) => sum + locations.length, 0)
  const unanswered = results.reduce((sum, result) => sum + result.unanswered, 0)
  record(t, {
    fault: `overload ×${times}, ${what}: ${Math.round((100 * flood.goodPerSecond) / peak.goodPerSecond)} % of the peak`,
    requests: flood.sent,
    acknowledged: count(flood, 201),
    lost: Math.max(0, before + placed - after),
    doubled: Math.max(0, after - before - placed - unanswered - stranded),
    wrong: flood.sent - good - refused - stranded,
    healedMs: calm.firstGoodMs,
  })
  assert.equal(good + refused + stranded, flood.sent, 'each request is served or refused')
  assert.ok(stranded <= strandedShare * flood.sent, `${stranded} were never reached`)
  assert.ok(refused > 0, 'excess requests were not refused, but kept waiting')
  assert.ok(flood.withRetryAfter >= refused, 'each refusal has Retry-After')
  assert.ok(
    after - before >= placed && after - before <= placed + stranded,
    `${after - before} orders of ${placed}`,
  )
  const expected = usefulShare * Math.min(peak.goodPerSecond, peakAgain.goodPerSecond)
  assert.ok(flood.goodPerSecond >= expected, `${flood.goodPerSecond} a second instead of ${expected}`)
  const refusal = flood.answers.find(({ status }) => status === 503)
  assert.ok((refusal?.p99Ms ?? 0) < refusedWithinMs[door], `refused after ${refusal?.p99Ms} ms`)
  assert.ok(memoryAfter - memoryBefore < mayGrowMiB, `from ${memoryBefore} to ${memoryAfter} MiB`)
  assert.deepEqual(
    [count(calm, 200) + count(calm, 201), calm.unanswered],
    [calm.sent, 0],
    'it recovers immediately',
  )
  assert.deepEqual(shop.order.crashes, [])
}

/** Places a full page of orders for each user, so that lists cost as much as in production. */
async function giveOrders({ postgres, products }: Shop, shoppers: Shopper[]) {
  await postgres.owner.query({
    text: `INSERT INTO orders (id, user_id, product_id, product_name, quantity, unit_amount, currency)
           SELECT gen_random_uuid(), shopper, $2, 'Thing', 1, 1250, 'EUR'
           FROM unnest($1::uuid[]) AS shopper, generate_series(1, 50)`,
    values: [shoppers.map(({ id }) => id), products[0]?.id],
  })
}

async function orderCount({ postgres }: Shop): Promise<number> {
  const [row] = await postgres.owner.query<{ count: number }>({ text: 'SELECT count(*)::int FROM orders' })
  return row?.count ?? 0
}

function describe(results: Record<string, LoadResult | number>): string {
  return Object.entries(results)
    .map(([name, result]) => {
      if (typeof result === 'number') return `${name}: ${result} MiB`
      const { sent, notSent, unanswered, goodPerSecond, answers } = result
      const kinds = answers.map(
        ({ status, count, p50Ms, p99Ms }) => `${count} × ${status} in ${p50Ms} (p99 ${p99Ms}) ms`,
      )
      return `${name}: ${Math.round(goodPerSecond)} good/s of ${sent} sent, ${notSent} not, ${unanswered} unanswered; ${kinds.join(', ')}`
    })
    .join('\n')
}
