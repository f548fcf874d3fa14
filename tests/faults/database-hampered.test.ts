import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { statusOf } from '@shop/commands/status-of'
import { startProxy } from '../kit/network/proxy.ts'
import { startCrowd } from './harness/crowd.ts'
import { conclude, quick, untilHealed } from './harness/fault.ts'
import { startPostgres } from './harness/postgres.ts'
import { type Shop, type Shopper, startShop } from './harness/shop.ts'
import { startTraffic } from './harness/traffic.ts'

/** Longer than the maximum of every wait. */
const silenceMs = quick ? 9000 : 15_000
const limitMs = quick ? 2000 : 4000
const slowMs = quick ? 4000 : 10_000
const lockMs = 5000

const perSecond = 50
/** Keeping 15 seconds of such requests would take several times as much. */
const mayGrowMiB = 150
const healsWithinMs = 5000

/** The pool and the pipeline. */
const maxConnections = 9

test('while the database is impaired, waits are bounded, nothing piles up, and it recovers', async (t) => {
  const postgres = await startPostgres(t)
  const { owner } = postgres
  const link = await startProxy(t, postgres.urlOf('order'))
  const shop = await startShop(t, { postgres, env: { order: { DATABASE_URL: link.url } } })
  const prober = await shop.newShopper()

  for (const how of ['deliver', 'forget'] as const) {
    await t.test(`silent, then its connections ${how === 'deliver' ? 'go on' : 'are lost'}`, (t) =>
      hamper(t, shop, prober, {
        fault: `database silent ${silenceMs / 1000} s, connections ${how === 'deliver' ? 'go on' : 'lost'}`,
        begin: async () => link.silence(),
        async meanwhile() {
          assert.equal(await statusOf(`${shop.order.url}/healthz`), 200)
          assert.equal(await statusOf(`${shop.order.url}/readyz`), 503)
          await setTimeout(silenceMs)
        },
        end: async () => link.restore(how),
      }),
    )
  }

  await t.test('200 ms a packet', (t) =>
    hamper(t, shop, prober, {
      fault: 'every packet takes 200 ms',
      begin: async () => link.delay(200),
      meanwhile: () => setTimeout(slowMs),
      end: async () => link.delay(0),
    }),
  )

  for (const limit of [0, 3]) {
    await t.test(`${limit} connections allowed`, (t) =>
      hamper(t, shop, prober, {
        fault: `connection limit ${limit}`,
        async begin() {
          await owner.query({ text: `ALTER ROLE order_service CONNECTION LIMIT ${limit}` })
          // existing connections would stay
          await owner.query({
            text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'order_service'`,
          })
        },
        meanwhile: () => setTimeout(limitMs),
        end: async () => void (await owner.query({ text: 'ALTER ROLE order_service CONNECTION LIMIT -1' })),
      }),
    )
  }

  await t.test('a lock on the table', (t) =>
    hamper(t, shop, prober, {
      fault: `orders locked for ${lockMs / 1000} s`,
      begin: async () => {},
      meanwhile: () =>
        owner.transaction(async (tx) => {
          await tx.query({ text: 'LOCK TABLE orders IN ACCESS EXCLUSIVE MODE' })
          await setTimeout(lockMs)
        }),
      end: async () => {},
    }),
  )
})

type Hampering = {
  fault: string
  begin(): Promise<void>
  meanwhile(): Promise<void>
  end(): Promise<void>
}

async function hamper(
  t: TestContext,
  shop: Shop,
  prober: Shopper,
  { fault, begin, meanwhile, end }: Hampering,
) {
  const passerBy = await shop.newShopper()
  const traffic = await startTraffic(shop)
  await setTimeout(1000)
  const memoryBefore = shop.order.memoryMiB()
  const crowd = await startCrowd(shop, passerBy, { perSecond })
  await begin()
  await meanwhile()
  const memoryMiB = shop.order.memoryMiB()
  await end()
  const healedMs = await untilHealed(shop, prober, performance.now())
  await crowd.stop()
  t.diagnostic(
    `crowd: ${crowd.sent} sent, ${JSON.stringify([...crowd.statuses])}, at most ${crowd.mostInProgress} in progress, slowest ${crowd.slowestMs} ms; memory ${memoryBefore} → ${memoryMiB} MiB`,
  )
  await conclude(t, { shop, traffic, fault, healedMs: [healedMs] })
  assert.deepEqual(crowd.wrong.slice(0, 10), [])
  assert.ok(memoryMiB - memoryBefore < mayGrowMiB, `it grew from ${memoryBefore} to ${memoryMiB} MiB`)
  assert.ok(healedMs < healsWithinMs, `it took ${healedMs} ms to heal`)
  const [row] = await shop.postgres.owner.query<{ count: number }>({
    text: `SELECT count(*)::int AS count FROM pg_stat_activity
           WHERE usename = 'order_service' AND state_change > now() - interval '1 second'`,
  })
  assert.ok((row?.count ?? 0) <= maxConnections, `${row?.count} connections are in use`)
}
