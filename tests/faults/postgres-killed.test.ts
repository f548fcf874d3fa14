import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { statusOf } from '@shop/commands/status-of'
import { send } from './harness/answers.ts'
import { conclude, quick, untilHealed } from './harness/fault.ts'
import { startShop } from './harness/shop.ts'
import { startTraffic } from './harness/traffic.ts'

/**
 * How long the database is down, each time: as long as a restart takes, and longer than the breaker stays
 * open.
 */
const outagesMs = quick ? [1500] : [500, 2500, 8000]
const healsWithinMs = 2000

test('kill -9 of PostgreSQL costs answers, but no orders and no process, and errors end when PostgreSQL is back', async (t) => {
  const shop = await startShop(t)
  const prober = await shop.newShopper()
  const traffic = await startTraffic(shop)
  const healedMs: number[] = []
  for (const outageMs of outagesMs) {
    await setTimeout(500)
    await shop.postgres.kill()
    const killedAt = performance.now()
    for (const service of [shop.order, shop.product, shop.user]) {
      assert.equal(await statusOf(`${service.url}/healthz`), 200)
      assert.equal(await statusOf(`${service.url}/readyz`), 503)
    }
    // clients without a key, whose requests reach the Product service
    const json = { productId: shop.products[0]?.id }
    for (let n = 0; n < 10; n++) {
      const answer = await send(`${shop.order.url}/orders`, { token: prober.token, json })
      assert.deepEqual([answer.status, Number(answer.headers['retry-after']) > 0], [503, true], answer.body)
    }
    await setTimeout(Math.max(0, outageMs - (performance.now() - killedAt)))
    await shop.postgres.start()
    healedMs.push(await untilHealed(shop, prober, performance.now()))
    t.diagnostic(`away for ${outageMs} ms, healed after ${Math.round(healedMs.at(-1) ?? 0)} ms`)
  }
  await conclude(t, { shop, traffic, fault: `kill -9 of PostgreSQL, ×${outagesMs.length}`, healedMs })
  assert.ok(Math.max(...healedMs) < healsWithinMs, `it took ${healedMs} ms to heal`)
})
