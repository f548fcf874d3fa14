import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quick, record } from './harness/fault.ts'
import { count, load, requestText } from './harness/load.ts'
import { type Shopper, startShop } from './harness/shop.ts'

const rounds = quick ? 3 : 7
const seconds = quick ? 2 : 5
/** Orders of users with an account, and of users without, per second: twice as many. */
const perSecond = { known: 250, unknown: 500 }
const maySlowDown = 2

test('a flood of orders by users without an account delays the orders of others little', async (t) => {
  const shop = await startShop(t)
  const { url } = shop.order
  const known = await Promise.all(Array.from({ length: 8 }, () => shop.newShopper()))
  const unknown = await Promise.all(Array.from({ length: 24 }, () => shop.newShopper()))
  await shop.postgres.owner.query({
    text: 'DELETE FROM users WHERE id = ANY ($1)',
    values: [unknown.map(({ id }) => id)],
  })
  const json = { productId: shop.products[0]?.id }
  const orders = (users: Shopper[]) =>
    users.map(({ token }) => requestText('/orders', { token, json, headers: { 'Idempotency-Key': '{n}' } }))
  const place = (kind: keyof typeof perSecond, users: Shopper[]) =>
    load(t, { url, requests: orders(users), perSecond: perSecond[kind], seconds, connections: 64 })

  await place('known', known)
  const alone: number[] = []
  const beside: number[] = []
  const requests = { known: 0, placed: 0, unknown: 0, refused: 0 }
  for (let round = 0; round < rounds; round++) {
    const calm = await place('known', known)
    const [others, flood] = await Promise.all([place('known', known), place('unknown', unknown)])
    alone.push(p99(calm))
    beside.push(p99(others))
    requests.known += calm.sent + others.sent
    requests.placed += count(calm, 201) + count(others, 201)
    requests.unknown += flood.sent
    requests.refused += count(flood, 403)
  }
  const ratio = median(beside) / median(alone)
  t.diagnostic(`p99 in ms: alone ${alone.map(Math.round)}, beside the flood ${beside.map(Math.round)}`)
  record(t, {
    fault: `twice as many orders of unknown users: p99 of others × ${ratio.toFixed(1)}`,
    requests: requests.known + requests.unknown,
    acknowledged: requests.placed,
    lost: 0,
    doubled: 0,
    wrong: requests.known - requests.placed + requests.unknown - requests.refused,
  })
  assert.deepEqual([requests.placed, requests.refused], [requests.known, requests.unknown])
  assert.ok(ratio <= maySlowDown, `${ratio} times as long`)
})

const p99 = ({ answers }: Awaited<ReturnType<typeof load>>) =>
  answers.find(({ status }) => status === 201)?.p99Ms ?? Number.NaN

const median = (values: number[]) =>
  values.toSorted((one, other) => one - other)[values.length >> 1] as number
