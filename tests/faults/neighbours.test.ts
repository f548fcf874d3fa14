import assert from 'node:assert/strict'
import type { RequestListener, ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { codeOf, send } from './harness/answers.ts'
import { conclude, quick, untilHealed } from './harness/fault.ts'
import { type Shop, type Shopper, startShop } from './harness/shop.ts'
import { startStandIn } from './harness/stand-in.ts'
import { faultKinds, startTraffic } from './harness/traffic.ts'

const openMs = 1000
/** The default. */
const breakerThreshold = 5
const upstreamTimeoutMs = 2000
/** UPSTREAM_TIMEOUT_MS, plus extra time for a busy machine. */
const deadlineMs = upstreamTimeoutMs + 4000
/** The breaker opens and lets one trial call through, which may come too early once. */
const healsWithinMs = 2 * (openMs + upstreamTimeoutMs) + 3000

type Trouble = { answer: RequestListener; expected: string; opensBreaker: boolean; inQuick?: boolean }

const json = (response: ServerResponse, body: unknown) =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
const unavailable = { expected: '503 upstream_unavailable', opensBreaker: true }
const late = { expected: '504 upstream_timeout', opensBreaker: true }
const failing = { expected: '502 upstream_error', opensBreaker: true }
/** It answers, so it counts as healthy. */
const lying = { expected: '502 upstream_error', opensBreaker: false }

/** Sends one byte at a time until the client disconnects. */
const drip: RequestListener = (_request, response) => {
  response.setHeader('content-type', 'application/json')
  const timer = setInterval(() => response.write(' '), 100)
  response.on('close', () => clearInterval(timer))
}

/** 30 MB, far more than the maximum size of an answer. */
const flood: RequestListener = (_request, response) => {
  response.setHeader('content-type', 'application/json')
  for (let n = 0; n < 30; n++) response.write(' '.repeat(1024 ** 2))
  response.end('{}')
}

const troubles: Record<string, Trouble> = {
  'accepts and never answers': { answer: () => {}, ...late, inQuick: true },
  'drips its answer': { answer: drip, ...late },
  'breaks every connection': { answer: (request) => request.socket.destroy(), ...unavailable },
  'answers 500': { answer: (_q, response) => response.writeHead(500).end('oops'), ...failing, inQuick: true },
  'answers 500 without an end': { answer: (_q, response) => response.writeHead(500).write('o'), ...late },
  'answers 503': { answer: (_q, response) => response.writeHead(503).end(), ...unavailable },
  'answers 30 MB': { answer: flood, ...failing, inQuick: true },
  'ends in the middle of its answer': {
    answer: (_q, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' }).write('{"id":')
      response.socket?.end()
    },
    expected: '503 upstream_unavailable',
    opensBreaker: true,
  },
  'answers with a page': {
    answer: (_q, response) => response.setHeader('content-type', 'text/html').end('<h1>Hello</h1>'),
    ...lying,
  },
  'answers with half of an object': {
    answer: (_q, response) => response.setHeader('content-type', 'application/json').end('{"id":'),
    ...lying,
  },
  'answers with other members': {
    answer: (_q, response) => json(response, { ok: true }),
    ...lying,
    inQuick: true,
  },
  'answers with what is nested deeply': {
    answer: (_q, response) =>
      response.setHeader('content-type', 'application/json').end('['.repeat(30_000) + ']'.repeat(30_000)),
    ...lying,
  },
  'claims to compress': {
    answer: (_q, response) => {
      response.setHeader('content-encoding', 'gzip')
      json(response, {})
    },
    ...lying,
  },
  'sends us elsewhere': {
    answer: (_q, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    ...lying,
    inQuick: true,
  },
}

test('a failing Product service gives orders the documented error, and does not affect lists', async (t) => {
  const env = { UPSTREAM_BREAKER_OPEN_MS: String(openMs) }
  const shop = await startShop(t, { env: { order: env } })
  const product = await startStandIn(t, () => shop.product.url)
  const order = await shop.startReplica({ ...env, PRODUCT_SERVICE_URL: product.url })
  const shopper = await shop.newShopper()

  for (const [name, { answer, expected, opensBreaker, inQuick }] of Object.entries(troubles)) {
    if (quick && !inQuick) continue
    await t.test(`it ${name}`, (t) =>
      endure(t, { ...shop, order }, shopper, {
        fault: `Product service ${name}`,
        begin: async () => {
          product.answer = answer
        },
        end: async () => {
          product.answer = product.honest
        },
        expected,
        callsOf: opensBreaker ? () => product.calls : undefined,
      }),
    )
  }
  await t.test('it is killed', (t) =>
    endure(t, shop, shopper, {
      fault: 'Product service killed',
      begin: () => shop.product.end('SIGKILL'),
      end: () => shop.product.start(),
      expected: unavailable.expected,
    }),
  )
  await t.test('it is paused', (t) =>
    endure(t, shop, shopper, {
      fault: 'Product service paused (SIGSTOP)',
      begin: async () => shop.product.freeze(true),
      end: async () => shop.product.freeze(false),
      expected: late.expected,
    }),
  )
})

type Fault = {
  fault: string
  begin(): Promise<unknown>
  end(): Promise<void>
  /** The answer to an order until the breaker opens. */
  expected: string
  /** Present if the breaker must open: returns how often the neighbour was called. */
  callsOf?: (() => number) | undefined
}

async function endure(t: TestContext, shop: Shop, shopper: Shopper, fault: Fault) {
  const traffic = await startTraffic(shop, { writers: 2, readers: 2, deadlineMs })
  await fault.begin()
  const allowed = new Set([fault.expected, unavailable.expected])
  const first: string[] = []
  // orders that come together are one call, and if that times out it counts for all of them
  const rounds = fault.expected === late.expected ? 1 : breakerThreshold
  for (let round = 0; round < rounds; round++)
    first.push(...(await Promise.all(Array.from({ length: 8 }, () => place(shop, shopper)))))
  assert.ok(first.includes(fault.expected) && first.every((kind) => allowed.has(kind)), first.join())

  const callsBefore = fault.callsOf?.() ?? 0
  const orders = Promise.all(Array.from({ length: 20 }, () => place(shop, shopper)))
  const lists = await Promise.all(Array.from({ length: 20 }, () => list(shop, shopper)))
  assert.deepEqual([...new Set(lists)], [200])
  const then = await orders
  if (fault.callsOf) {
    // two trial calls, each of which is tried twice
    assert.ok(fault.callsOf() - callsBefore <= 4, `${fault.callsOf() - callsBefore} calls for 20 orders`)
    assert.ok(then.filter((kind) => kind === unavailable.expected).length >= 18, then.join())
  }
  assert.ok(
    then.every((kind) => allowed.has(kind)),
    then.join(),
  )

  await fault.end()
  const healedMs = await untilHealed(shop, shopper, performance.now())
  await conclude(t, { shop, traffic, fault: fault.fault, healedMs: [healedMs] })
  const others = faultKinds(traffic).filter((kind) => !allowed.has(kind))
  assert.deepEqual(others, [])
  assert.ok(healedMs < healsWithinMs, `it took ${healedMs} ms to heal`)
}

async function place(shop: Shop, { token }: Shopper): Promise<string> {
  const start = performance.now()
  const answer = await send(`${shop.order.url}/orders`, { token, json: { productId: shop.products[0]?.id } })
  assert.ok(performance.now() - start < deadlineMs, `answered after ${performance.now() - start} ms`)
  if (answer.status === 503) assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
  return `${answer.status} ${codeOf(answer) ?? ''}`.trim()
}

async function list(shop: Shop, { token }: Shopper): Promise<number> {
  const start = performance.now()
  const { status } = await send(`${shop.order.url}/orders`, { token })
  assert.ok(performance.now() - start < deadlineMs, `a list took ${performance.now() - start} ms`)
  return status
}
