import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createJudge, send } from './harness/answers.ts'
import { conclude, quick, untilHealed } from './harness/fault.ts'
import { startShop } from './harness/shop.ts'
import { startTraffic } from './harness/traffic.ts'

const stormMs = quick ? 2000 : 8000

test('a backend that is terminated in the middle of a transaction fails its own request and no other', async (t) => {
  const shop = await startShop(t)
  const { owner } = shop.postgres
  const judge = await createJudge(shop.order.url)
  const shopper = await shop.newShopper()
  const json = { productId: shop.products[0]?.id }
  let placing: ReturnType<typeof send>[] = []
  // while we hold this lock, orders wait in their transactions; lists do not
  await owner.transaction(async (tx) => {
    await tx.query({ text: 'LOCK TABLE orders IN SHARE MODE' })
    placing = [1, 2, 3, 4].map((n) =>
      send(`${shop.order.url}/orders`, { token: shopper.token, key: `order-${n}`, json }),
    )
    const waiting = `FROM pg_stat_activity WHERE usename = 'order_service' AND wait_event_type = 'Lock'`
    const count = async () =>
      (await owner.query<{ count: number }>({ text: `SELECT count(*)::int ${waiting}` }))[0]?.count
    while ((await count()) !== placing.length) await setTimeout(10)
    await owner.query({
      text: `SELECT pg_terminate_backend(pid) FROM (SELECT pid ${waiting} LIMIT 1) AS one`,
    })
    const list = await send(`${shop.order.url}/orders`, { token: shopper.token })
    assert.equal(list.status, 200)
  })
  const answers = await Promise.all(placing)
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 201, 201, 503])
  const operation = { method: 'POST', path: '/orders' } as const
  for (const answer of answers) assert.equal(judge(operation, answer), undefined)
  assert.deepEqual(shop.order.crashes, [])
})

test('a storm of pg_terminate_backend costs answers, but no orders and no process', async (t) => {
  const shop = await startShop(t)
  const prober = await shop.newShopper()
  const traffic = await startTraffic(shop)
  const { owner } = shop.postgres
  let terminated = 0
  const until = performance.now() + stormMs
  for (let n = 0; performance.now() < until; n++, await setTimeout(50)) {
    // usually one at a time, whatever it is doing; sometimes all of them together
    const [row] = await owner.query<{ count: number }>({
      text: `SELECT count(pg_terminate_backend(pid))::int AS count
             FROM (SELECT pid FROM pg_stat_activity WHERE usename IN ('order_service', 'product_service')
                   ORDER BY random() LIMIT $1) AS chosen`,
      values: [n % 20 === 0 ? 100 : 1],
    })
    terminated += row?.count ?? 0
  }
  const healedMs = [await untilHealed(shop, prober, performance.now())]
  await conclude(t, { shop, traffic, fault: `${terminated} backends terminated`, healedMs })
  const failed = [...traffic.kinds].filter(([kind]) => kind.startsWith('5')).map(([, count]) => count)
  const under = traffic.requests - failed.reduce((sum, count) => sum + count, 0)
  assert.ok(under > traffic.requests / 2, 'most requests were not affected')
})
