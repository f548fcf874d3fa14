import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { conclude, quick, untilHealed } from './harness/fault.ts'
import { createRandom, waitBetween } from './harness/random.ts'
import { startShop } from './harness/shop.ts'
import { documentedDeadlineMs, startTraffic } from './harness/traffic.ts'

/** PostgreSQL gives up on transactions that do nothing for 10 s (idle_in_transaction_session_timeout). */
const frozenMs = 11_000
const times = quick ? 1 : 3

test('an order service that is frozen, as when its machine is paused, resumes normally', async (t) => {
  const shop = await startShop(t)
  const prober = await shop.newShopper()
  const traffic = await startTraffic(shop, { writers: 12, deadlineMs: frozenMs + documentedDeadlineMs })
  const healedMs: number[] = []
  const random = createRandom('when the order service is frozen')
  for (let n = 0; n < times; n++) {
    await waitBetween(300, 600, random)
    shop.order.freeze(true)
    await setTimeout(frozenMs)
    shop.order.freeze(false)
    healedMs.push(await untilHealed(shop, prober, performance.now()))
  }
  await conclude(t, {
    shop,
    traffic,
    fault: `order service frozen ${frozenMs / 1000} s, ×${times}`,
    healedMs,
  })
})
