import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Proxy as NetworkProxy, startProxy } from '../kit/network/proxy.ts'
import { conclude } from './harness/fault.ts'
import { assertFeed, holderAmong, holdsLease, startRelays, takesOverWithinMs } from './harness/relays.ts'
import { startTraffic } from './harness/traffic.ts'

for (const how of ['deliver', 'forget'] as const) {
  const outcome = how === 'deliver' ? 'what it had sent arrives late' : 'its connections stay dead'
  test(`a relay that is cut off from the database is replaced; then ${outcome}`, async (t) => {
    let proxy: NetworkProxy | undefined
    const { shop, relays, consumer } = await startRelays(t, async ({ postgres }) => {
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
