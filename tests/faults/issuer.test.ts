import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { statusOf } from '@shop/commands/status-of'
import { signToken } from '../kit/tokens.ts'
import { codeOf, createJudge, send } from './harness/answers.ts'
import { conclude, quick, record } from './harness/fault.ts'
import { type Shop, type Shopper, startShop } from './harness/shop.ts'
import { type StandIn, startStandIn } from './harness/stand-in.ts'
import { faultKinds, startTraffic } from './harness/traffic.ts'

/**
 * The minimum time between two loads of the key set, and the maximum time of a load
 * (packages/service/src/auth/key-set.ts).
 */
const cooldownMs = 10_000
const loadMs = 3000
/** Extra time for a busy machine. */
const marginMs = 5000
const unknownKids = 50

test('an issuer that fails or changes its keys', async (t) => {
  const shop = await startShop(t)
  const issuer = await startStandIn(t, () => shop.user.url)
  const order = await shop.startReplica({ AUTH_JWKS_URL: `${issuer.url}/.well-known/jwks.json` })
  const through = { ...shop, order }
  const shopper = await shop.newShopper()
  assert.equal(await kindOf(through, shopper.token), '200')

  await t.test('the User service is down: users with a token list and order as usual', async (t) => {
    const traffic = await startTraffic(through, { writers: 2 })
    await shop.user.end('SIGKILL')
    await setTimeout(quick ? 1500 : 5000)
    assert.deepEqual(faultKinds(traffic), [])
    await shop.user.start()
    await conclude(t, { shop: through, traffic, fault: 'User service (issuer) killed', healedMs: [] })
  })

  for (const [how, answer] of Object.entries({ 'is up': issuer.honest, hangs: () => {} })) {
    if (quick && how === 'is up') continue
    await t.test(
      `${unknownKids} unknown keys while the issuer ${how}: no storm, and no effect on others`,
      (t) => flood(t, through, shopper, issuer, { how, answer }),
    )
  }

  await t.test('a new signing key is accepted after the cooldown at the latest', async (t) => {
    const traffic = await startTraffic(through, { writers: 2 })
    await rotateKeys(shop)
    const since = performance.now()
    const fresh = await shop.newShopper()
    const healedMs = await untilAccepted(through, fresh.token, since)
    assert.ok(healedMs < cooldownMs + loadMs + marginMs, `it took ${healedMs} ms`)
    assert.equal(await kindOf(through, shopper.token), '200')
    await conclude(t, { shop: through, traffic, fault: 'signing key rotated', healedMs: [healedMs] })
  })

  const away: RequestListener = (request) => request.socket.destroy()
  for (const [how, answer] of Object.entries({ 'is away': away, hangs: () => {} }))
    await t.test(`a first start while the issuer ${how}`, async (t) => {
      issuer.answer = answer
      const replica = await shop.startReplica({ AUTH_JWKS_URL: `${issuer.url}/.well-known/jwks.json` })
      const fresh = { ...shop, order: replica }
      const judge = await createJudge(replica.url)
      const { calls } = issuer
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          send(`${replica.url}/orders`, { token: shopper.token, timeoutMs: loadMs + marginMs }),
        ),
      )
      for (const answer of answers) {
        assert.deepEqual([answer.status, codeOf(answer)], [503, 'issuer_unavailable'])
        assert.equal(judge({ method: 'GET', path: '/orders' }, answer), undefined)
      }
      assert.equal(issuer.calls - calls, 1)
      assert.deepEqual(
        [await statusOf(`${replica.url}/healthz`), await statusOf(`${replica.url}/readyz`)],
        [200, 200],
      )
      issuer.answer = issuer.honest
      const healedMs = await untilAccepted(fresh, shopper.token, performance.now())
      record(t, {
        fault: `first start while the issuer ${how}`,
        requests: answers.length,
        acknowledged: 0,
        lost: 0,
        doubled: 0,
        wrong: 0,
        healedMs,
      })
      assert.ok(healedMs < cooldownMs + loadMs + marginMs, `it took ${healedMs} ms`)
      assert.deepEqual(replica.crashes, [])
    })
})

/** Sends tokens with unknown keys for longer than the cooldown. */
async function flood(
  t: TestContext,
  shop: Shop,
  shopper: Shopper,
  issuer: StandIn,
  { how, answer }: { how: string; answer: StandIn['answer'] },
) {
  const traffic = await startTraffic(shop, { writers: 2, deadlineMs: loadMs + marginMs })
  const tokens = await Promise.all(Array.from({ length: unknownKids }, (_, n) => strangersToken(n)))
  issuer.answer = answer
  const { calls } = issuer
  const start = performance.now()
  const kinds = new Set<string>()
  for (const end = start + cooldownMs + 1000; performance.now() < end; )
    for (const kind of await Promise.all(tokens.map((token) => kindOf(shop, token)))) kinds.add(kind)
  const fetches = issuer.calls - calls
  const atMost = 1 + Math.ceil((performance.now() - start) / cooldownMs)
  issuer.answer = issuer.honest
  assert.deepEqual([...kinds], ['401 invalid_token'])
  assert.ok(fetches >= 1 && fetches <= atMost, `${fetches} fetches, at most ${atMost} expected`)
  assert.equal(await kindOf(shop, shopper.token), '200')
  await conclude(t, {
    shop,
    traffic,
    fault: `${unknownKids} unknown kids, issuer ${how}: ${fetches} fetches`,
    healedMs: [],
  })
  assert.deepEqual(faultKinds(traffic), [])
}

const strangersToken = (n: number) =>
  signToken(
    { id: crypto.randomUUID() },
    { claims: { iss: 'http://127.0.0.1:8080' }, header: { kid: `stranger-${n}` } },
  )

async function kindOf({ order }: Shop, token: string): Promise<string> {
  const answer = await send(`${order.url}/orders`, { token, timeoutMs: loadMs + marginMs })
  return `${answer.status} ${codeOf(answer) ?? ''}`.trim()
}

async function untilAccepted(shop: Shop, token: string, since: number): Promise<number> {
  for (
    const deadline = performance.now() + 60_000;
    (await kindOf(shop, token)) !== '200';
    await setTimeout(50)
  )
    assert.ok(performance.now() < deadline, 'it is never accepted')
  return performance.now() - since
}

/** Does the same as `docker compose run rotate-keys --now`. */
async function rotateKeys({ postgres }: Shop) {
  const program = join(import.meta.dirname, '../../services/user/src/rotate-keys.ts')
  const env = { PATH: process.env.PATH, DATABASE_URL: postgres.url }
  await promisify(execFile)(process.execPath, [program, '--now'], { env, timeout: 60_000 })
}
