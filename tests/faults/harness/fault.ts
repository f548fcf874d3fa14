import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { statusOf } from '@shop/commands/status-of'
import { send } from './answers.ts'
import { audit } from './audit.ts'
import { type Row, resultsVariable } from './results.ts'
import type { Shop, Shopper } from './shop.ts'
import type { Traffic } from './traffic.ts'

/** Whether to repeat faults fewer times, for CI. */
export const quick = process.env.FAULTS_QUICK === '1'

/** Records a line of the results table. */
export function record(t: TestContext, row: Row) {
  const file = process.env[resultsVariable]
  if (file) appendFileSync(file, `${JSON.stringify(row)}\n`)
  t.diagnostic(JSON.stringify(row))
}

/**
 * Stops the traffic, compares the answers with the database, records the line of the table, and asserts that
 * no order or change is lost, doubled or incomplete, that every answer was as documented, and that no process crashed.
 */
export async function conclude(
  t: TestContext,
  { shop, traffic, fault, healedMs }: { shop: Shop; traffic: Traffic; fault: string; healedMs: number[] },
): Promise<void> {
  await traffic.stop()
  const { lost, doubled, halves } = await audit(shop.postgres, traffic)
  record(t, {
    fault,
    requests: traffic.requests,
    acknowledged: traffic.acknowledged.length,
    lost,
    doubled,
    wrong: traffic.wrong.length + halves.length,
    healedMs: healedMs.length > 0 ? Math.round(Math.max(...healedMs)) : undefined,
  })
  t.diagnostic(
    `${[...traffic.kinds].map(([kind, count]) => `${kind}: ${count}`).join(', ')}; slowest ${traffic.slowestMs} ms`,
  )
  const made = traffic.changes.filter((change) => change.made).length
  t.diagnostic(
    `changes of orders: ${made} made, ${traffic.changes.length - made} refused; with the orders, ${Math.round((traffic.acknowledged.length + made) / traffic.openSeconds.size)} a second while orders were placed`,
  )
  const crashes = [shop.user, shop.product, shop.order].flatMap(({ name, crashes }) =>
    crashes.map((how) => `${name} ended with ${how}`),
  )
  assert.deepEqual(
    { lost, doubled, halves, wrong: traffic.wrong.slice(0, 10), crashes },
    { lost: 0, doubled: 0, halves: [], wrong: [], crashes: [] },
  )
  assert.ok(traffic.acknowledged.length > 0, 'no order was placed, so the test shows nothing')
  assert.ok(made > 0, 'no order was changed, so the test shows nothing of changes')
}

/**
 * Places orders and lists them until both succeed, then checks /readyz and 20 more of both. Returns the time
 * from `since` (performance.now) to the first success, in milliseconds.
 */
export async function untilHealed(shop: Shop, shopper: Shopper, since: number, url = shop.order.url) {
  const json = { productId: shop.products[0]?.id }
  const { token } = shopper
  // without a key, so that the Product service is asked first and must have recovered too
  const works = async () =>
    (await send(`${url}/orders`, { token }).catch(() => undefined))?.status === 200 &&
    (await send(`${url}/orders`, { token, json }).catch(() => undefined))?.status === 201
  for (const deadline = performance.now() + 60_000; !(await works()); await setTimeout(10))
    assert.ok(performance.now() < deadline && shop.order.crashes.length === 0, 'it does not recover')
  const healedMs = performance.now() - since
  assert.equal(await statusOf(`${url}/readyz`), 200)
  for (let n = 0; n < 20; n++) assert.ok(await works(), 'it fails again after it had recovered')
  return healedMs
}
