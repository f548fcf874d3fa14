import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createServiceClient } from '@shop/service/client/service-client'
import { asUser } from '@shop/tests/kit/tokens'
import { createProductClient, type ProductClient } from '../src/clients/product-client.ts'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from './app.ts'

const deadlineMs = 400

let context: TestApp
let productId: string
let me: string
/** The real client for the Product service of the current test. */
let products: ProductClient

before(async () => {
  context = await createTestApp({
    products: { getProducts: (ids, callContext) => products.getProducts(ids, callContext) },
  })
  productId = await insertProduct(context.database)
  me = await insertUser(context.database)
  await insertOrder(context.database, { userId: me, productId })
})
after(() => context.close())

/**
 * Stands in for the Product service: answers with `answer`, which may be replaced; without one it is down.
 */
async function startProductService(
  t: TestContext,
  answer: RequestListener | undefined,
  breaker: { threshold: number; openMs: number } = { threshold: 1000, openMs: 60_000 },
) {
  const service = { answer, calls: 0 }
  const server = createServer((request, response) => {
    service.calls++
    service.answer?.(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = createServiceClient({
    name: 'product',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    config: {
      upstreamTimeoutMs: deadlineMs,
      upstreamBreakerThreshold: breaker.threshold,
      upstreamBreakerOpenMs: breaker.openMs,
    },
  })
  products = createProductClient(client)
  if (!answer) server.close()
  t.after(async () => {
    server.close()
    server.closeAllConnections()
    await client.close()
  })
  return service
}

const send = (response: ServerResponse, body: unknown) =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body))

const kettle = () => ({ id: productId, name: 'Kettle', unitAmount: 4900, currency: 'EUR' })

const healthy: RequestListener = (_request, response) => send(response, { data: [kettle()] })

async function place(headers: Record<string, string> = {}) {
  return context.app.inject({
    method: 'POST',
    url: '/orders',
    headers: { ...(await asUser(me)), ...headers },
    body: { productId },
  })
}

async function list() {
  const response = await context.app.inject({ url: '/orders', headers: await asUser(me) })
  assert.equal(response.statusCode, 200)
  return response.json()
}

const troubles: Record<string, { answer: RequestListener | undefined; status: number; code: string }> = {
  'is stopped': { answer: undefined, status: 503, code: 'upstream_unavailable' },
  'breaks the connection': {
    answer: (request) => request.socket.destroy(),
    status: 503,
    code: 'upstream_unavailable',
  },
  hangs: { answer: () => {}, status: 504, code: 'upstream_timeout' },
  'is slow': {
    answer: async (_request, response) => {
      await setTimeout(2 * deadlineMs)
      send(response, { data: [kettle()] })
    },
    status: 504,
    code: 'upstream_timeout',
  },
  'dawdles over its answer': {
    answer: (_request, response) => response.setHeader('content-type', 'application/json').write('{"id":'),
    status: 504,
    code: 'upstream_timeout',
  },
  fails: {
    answer: (_request, response) => response.writeHead(500).end('at /srv/product.js:1'),
    status: 502,
    code: 'upstream_error',
  },
  'is not ready': {
    answer: (_request, response) => response.writeHead(503).end(),
    status: 503,
    code: 'upstream_unavailable',
  },
  'answers with a page': {
    answer: (_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>'),
    status: 502,
    code: 'upstream_error',
  },
  'has a price below zero': {
    answer: (_request, response) => send(response, { data: [{ ...kettle(), unitAmount: -4900 }] }),
    status: 502,
    code: 'upstream_error',
  },
  'has another product': {
    answer: (_request, response) => send(response, { data: [{ ...kettle(), id: me }] }),
    status: 502,
    code: 'upstream_error',
  },
  'cannot look up several products': {
    answer: (_request, response) => response.writeHead(404).end(),
    status: 502,
    code: 'upstream_error',
  },
  'sends us elsewhere': {
    answer: (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    status: 502,
    code: 'upstream_error',
  },
  'does not know the product': {
    answer: (_request, response) => send(response, { data: [] }),
    status: 404,
    code: 'product_not_found',
  },
}

for (const [name, { answer, status, code }] of Object.entries(troubles)) {
  test(`while the Product service ${name}, placing is a ${status} in time, nothing is stored, and lists go on`, async (t) => {
    await startProductService(t, answer)
    const { count } = (await list()).meta
    const start = performance.now()
    const [response, meanwhile] = await Promise.all([place(), list()])
    assert.ok(performance.now() - start < 3 * deadlineMs)
    assert.equal(response.statusCode, status, response.body)
    assert.equal(response.json().code, code)
    assert.doesNotMatch(response.body, /product\.js/)
    assert.equal(meanwhile.meta.count, count)
    assert.equal((await list()).meta.count, count)
  })
}

test('a request that waits for a hanging Product service holds no database connection', async (t) => {
  const service = await startProductService(t, () => {})
  // ten times as many as there are connections
  const placing = Promise.all(Array.from({ length: 40 }, (_, n) => place({ 'idempotency-key': `hung-${n}` })))
  // one batch is under way, and perhaps others, if not all came together
  while (service.calls < 1) await setTimeout(5)
  const listed = list().then(() => 'list')
  assert.equal(await Promise.race([listed, placing.then(() => 'orders')]), 'list')
  for (const response of await placing) assert.equal(response.statusCode, 504)
})

test('a repeated order is answered while the Product service is unavailable', async (t) => {
  const service = await startProductService(t, healthy)
  const placed = await place({ 'idempotency-key': 'before' })
  assert.equal(placed.statusCode, 201)
  service.answer = (request) => request.socket.destroy()
  const repeated = await place({ 'idempotency-key': 'before' })
  assert.equal(repeated.body, placed.body)
})

test('calls to a Product service that keeps failing are suspended, and resume once it answers', async (t) => {
  const openMs = 1000
  const service = await startProductService(t, (request) => request.socket.destroy(), {
    threshold: 3,
    openMs,
  })
  for (let n = 0; n < 3; n++) assert.equal((await place()).statusCode, 503)
  const { calls } = service

  for (let n = 0; n < 10; n++) {
    const response = await place()
    assert.equal(response.statusCode, 503)
    assert.equal(response.json().code, 'upstream_unavailable')
    assert.equal(response.headers['retry-after'], '1')
  }
  assert.equal(service.calls, calls)

  service.answer = healthy
  await setTimeout(openMs)
  for (let n = 0; n < 3; n++) assert.equal((await place()).statusCode, 201)
})
