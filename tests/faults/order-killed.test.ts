import { test } from 'node:test'
import { conclude, quick, untilHealed } from './harness/fault.ts'
import { createRandom, waitBetween } from './harness/random.ts'
import { startShop } from './harness/shop.ts'
import { startTraffic } from './harness/traffic.ts'

const times = quick ? 4 : 20

test('kill -9 of the order service during writes loses no acknowledged order and duplicates none', async (t) => {
  const shop = await startShop(t)
  const prober = await shop.newShopper()
  const traffic = await startTraffic(shop, { mayGetNoAnswer: true })
  const healedMs: number[] = []
  const random = createRandom('when the order service is killed')
  for (let n = 0; n < times; n++) {
    await waitBetween(200, 500, random)
    await shop.order.end('SIGKILL')
    const restartedAt = performance.now()
    await shop.order.start()
    healedMs.push(await untilHealed(shop, prober, restartedAt))
  }
  await conclude(t, { shop, traffic, fault: `kill -9 of the order service, ×${times}`, healedMs })
})
