import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { cleanUp } from '../kit/clean-up.ts'
import { conclude, quick, untilHealed } from './harness/fault.ts'
import { createRandom, waitBetween } from './harness/random.ts'
import { assertFeed, holderAmong, holdsLease, startRelays, takesOverWithinMs } from './harness/relays.ts'
import type { ServiceProcess } from './harness/service-process.ts'
import type { Shop } from './harness/shop.ts'
import { documentedDeadlineMs, startTraffic } from './harness/traffic.ts'

const rounds = quick ? 2 : 20

test('kill -9 of a relay, the order service and PostgreSQL in turn leaves the feed whole and in order', async (t) => {
  const { shop, relays, prober, consumer } = await startRelays(t)
  const traffic = await startTraffic(shop, { writers: 24, mayGetNoAnswer: true })
  const random = createRandom('when a relay, the order service or PostgreSQL is killed')
  const takeoversMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    await waitBetween(200, 700, random)
    const holder = await holderAmong(relays)
    await holder.end('SIGKILL')
    const killedAt = performance.now()
    await holderAmong(relays.filter((relay) => relay !== holder))
    takeoversMs.push(performance.now() - killedAt)
    await holder.start()

    await waitBetween(200, 700, random)
    await shop.order.end('SIGKILL')
    await shop.order.start()

    await waitBetween(200, 700, random)
    await shop.postgres.kill()
    await shop.postgres.start()
    await untilHealed(shop, prober, performance.now())
  }
  t.diagnostic(`took over after ${takeoversMs.map(Math.round).join(', ')} ms`)
  await conclude(t, {
    shop,
    traffic,
    fault: `kill -9 of relay, order service and PostgreSQL, ×${rounds} each`,
    healedMs: takeoversMs,
  })
  await assertFeed(t, { shop, relays, consumer })
  assert.ok(Math.max(...takeoversMs) < takesOverWithinMs, `another took over after ${takeoversMs} ms`)
})

for (const frozenMs of quick ? [15_000] : [15_000, 150_000])
  test(`a relay that is frozen for ${frozenMs / 1000} s is replaced, and does no harm when it wakes`, async (t) => {
    const { shop, relays, consumer } = await startRelays(t)
    const traffic = await startTraffic(shop, { writers: 3, deadlineMs: 2 * documentedDeadlineMs })
    await setTimeout(1000)
    const first = await holderAmong(relays)
    const others = relays.filter((relay) => relay !== first)
    await whileItsStatementRuns(t, shop, () => first.freeze(true))
    const frozenAt = performance.now()
    await holderAmong(others)
    const takeoverMs = performance.now() - frozenAt
    await setTimeout(frozenMs - takeoverMs)
    first.freeze(false)
    await setTimeout(2000)
    await conclude(t, {
      shop,
      traffic,
      fault: `relay frozen ${frozenMs / 1000} s`,
      healedMs: [takeoverMs],
    })
    await assertFeed(t, { shop, relays, consumer })
    assert.deepEqual([await holdsLease(first), await holdsLease(others[0] as ServiceProcess)], [false, true])
    assert.ok(takeoverMs < takesOverWithinMs, `another took over after ${takeoverMs} ms`)
  })

/** Does `work` while the statement that gives positions is under way in PostgreSQL. */
async function whileItsStatementRuns(t: TestContext, { postgres }: Shop, work: () => void) {
  const { owner } = postgres
  const blocker = new pg.Client({ connectionString: postgres.url })
  await blocker.connect()
  cleanUp(t, () => blocker.end())
  await blocker.query('BEGIN')
  await blocker.query('SELECT FROM relay_state FOR UPDATE')
  // not in the blocker's transaction, which would see the same statements each time
  const isRunning = async () => {
    const running = await owner.query({
      text: `SELECT pid FROM pg_stat_activity WHERE usename = 'relay_service' AND wait_event_type = 'Lock' AND query LIKE '%INTO feed%'`,
    })
    return running.length > 0
  }
  for (const deadline = performance.now() + 10_000; !(await isRunning()); await setTimeout(5))
    assert.ok(performance.now() < deadline, 'no event gets a position')
  work()
  await blocker.query('ROLLBACK')
}
