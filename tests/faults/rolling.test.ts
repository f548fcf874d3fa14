import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { startNginx, withoutNginx } from '../kit/nginx.ts'
import { conclude, quick, record } from './harness/fault.ts'
import { count, load, requestText } from './harness/load.ts'
import type { ServiceProcess } from './harness/service-process.ts'
import { startShop } from './harness/shop.ts'
import { faultKinds, startTraffic } from './harness/traffic.ts'

const rounds = quick ? 2 : 6
const perSecond = 150
const drainDelayMs = 500
const env = { DRAIN_DELAY_MS: String(drainDelayMs) }

test('replicas that are restarted one after another behind the gateway fail no request', {
  skip: withoutNginx,
}, async (t) => {
  const shop = await startShop(t, { env: { order: { ...env, HOST: '127.0.0.2' } } })
  const { port } = new URL(shop.order.url)
  const replicas = [shop.order, await shop.startReplica({ ...env, HOST: '127.0.0.3', PORT: port })]
  // DNS always returns both, as it does for a while after a container has exited
  const gateway = await startNginx(t, { addresses: ['127.0.0.2', '127.0.0.3'], orderPort: Number(port) })
  const traffic = await startTraffic(shop, { urls: [gateway.url] })

  // clients with keys and some without, whose lost requests must not be repeated
  const shopper = await shop.newShopper()
  const json = { productId: shop.products[0]?.id }
  let done = false
  const keyless = (async () => {
    const results = []
    while (!done)
      results.push(
        await load(t, {
          url: gateway.url,
          requests: [requestText('/orders', { token: shopper.token, json })],
          perSecond,
          seconds: 3,
          connections: 100,
          patienceMs: 30_000,
        }),
      )
    return results
  })()

  for (let round = 0; round < rounds; round++) {
    for (const replica of replicas) {
      await setTimeout(500)
      assert.equal(await endWhenBusy(replica), 'exit code 0')
      await replica.start()
      await replica.untilReady()
    }
  }
  done = true
  const results = await keyless
  const placed = results.flatMap(({ locations }) => locations)
  const failed = results.map(({ answers, unanswered }) => ({
    unanswered,
    answers: answers.filter(({ status }) => status !== 201),
  }))
  const [row] = await shop.postgres.owner.query<{ there: number; acknowledged: number }>({
    text: `SELECT count(*)::int AS there, count(*) FILTER (WHERE '/orders/' || id = ANY ($2))::int AS acknowledged
           FROM orders WHERE user_id = $1`,
    values: [shopper.id, placed],
  })
  const { there = 0, acknowledged = 0 } = row ?? {}
  const fault = `rolling restart of 2 replicas, ×${rounds}`
  const requests = results.reduce((sum, { sent }) => sum + sent, 0)
  record(t, {
    fault: `${fault}, orders without a key`,
    requests,
    acknowledged: placed.length,
    lost: placed.length - acknowledged,
    doubled: there - acknowledged,
    wrong: requests - results.reduce((sum, result) => sum + count(result, 201), 0),
  })
  await conclude(t, { shop, traffic, fault: `${fault}, lists and orders with a key`, healedMs: [] })
  assert.deepEqual(faultKinds(traffic), [])
  assert.deepEqual([replicas[1]?.crashes, placed.length, there], [[], acknowledged, acknowledged])
  for (const result of failed) assert.deepEqual(result, { unanswered: 0, answers: [] })
})

/**
 * Sends SIGTERM, and pauses the process just when it closes its port: then there are connections, with
 * requests in them, that the kernel has accepted and the process has not.
 */
async function endWhenBusy(replica: ServiceProcess): Promise<string> {
  const ended = replica.end('SIGTERM')
  await setTimeout(drainDelayMs - 150)
  replica.freeze(true)
  await setTimeout(300)
  replica.freeze(false)
  return ended
}
