import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createServiceClient } from '@shop/service/client/service-client'
import { AppError, ValidationError } from '@shop/service/errors'
import { createLogger } from '@shop/service/logger'
import { MockAgent } from 'undici'
import { createProductClient, maxProductsSize } from '../../src/clients/product-client.ts'
import { createUserClient } from '../../src/clients/user-client.ts'

const origin = 'http://neighbour.test'
const id = '00000000-0000-7000-8000-0000000f0001'
const otherId = '00000000-0000-7000-8000-0000000f0002'
const json = { headers: { 'content-type': 'application/json' } }
const config = { upstreamTimeoutMs: 1000, upstreamBreakerThreshold: 100, upstreamBreakerOpenMs: 1000 }

const product = {
  id,
  name: 'Kettle',
  description: 'Pours.',
  unitAmount: 4900,
  currency: 'EUR',
  createdAt: '2026-03-01T00:00:00.000Z',
  updatedAt: '2026-03-01T00:00:00.000Z',
}
const user = { id, email: 'alice@example.com', name: 'Alice', role: 'customer' }

const context = {
  requestId: 'req-1',
  log: createLogger({ name: 'test', level: 'silent' }),
  authorization: 'Bearer token',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tracestate: 'vendor=1',
}

/**
 * Returns both clients on a stub of HTTP that gives the test's answers and records the headers it receives.
 */
function setUp(t: TestContext) {
  const agent = new MockAgent()
  agent.disableNetConnect()
  t.after(() => agent.close())
  const http = (name: string) => createServiceClient({ name, baseUrl: origin, config, dispatcher: agent })
  const sent: { headers?: unknown } = {}
  return {
    products: createProductClient(http('product')),
    users: createUserClient(http('user')),
    sent,
    answer(path: string, statusCode: number, data: object | string = '') {
      agent
        .get(origin)
        .intercept({ path })
        .reply((options) => {
          sent.headers = options.headers
          return { statusCode, data, responseOptions: json }
        })
    },
    assertAllCalled: () => agent.assertNoPendingInterceptors(),
  }
}

const failsWith = (status: number, code: string) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.deepEqual({ status: error.status, code: error.code }, { status, code })
  return true
}

const prices = `/products/prices?ids=${id}`

test('getProducts returns the products that exist, by one call', async (t) => {
  const { products, answer } = setUp(t)
  answer(`${prices},${otherId}`, 200, { data: [product] })
  const found = await products.getProducts([id, otherId, id.toUpperCase()], context)
  assert.deepEqual([...found.keys()], [id])
  assert.deepEqual(found.get(id), product)
})

test('getProducts asks for at most 100 products', async (t) => {
  const { products } = setUp(t)
  const ids = Array.from({ length: 101 }, (_, n) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`)
  await assert.rejects(products.getProducts(ids, context), RangeError)
})

test('100 products with the longest names that JSON can make fit in one answer', async (t) => {
  const ids = Array.from({ length: 100 }, (_, n) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`)
  const escaped = '\\ud83d\\ude00'.repeat(200)
  const server = createServer((_request, response) => {
    const data = ids.map((each) => JSON.stringify({ ...product, id: each }).replace('Kettle', escaped))
    response.setHeader('content-type', 'application/json')
    response.end(`{"data":[${data.join()}]}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const http = createServiceClient({ name: 'product', baseUrl, config, maxResponseSize: maxProductsSize })
  t.after(() => http.close())
  const found = await createProductClient(http).getProducts(ids, context)
  const names = [...found.values()].map((each) => (each instanceof Error ? each : each.name))
  assert.deepEqual(new Set(names), new Set(['😀'.repeat(200)]))
})

test('a product service that cannot look up several products is a 502, not a missing product', async (t) => {
  const { products, answer } = setUp(t)
  answer(prices, 404)
  await assert.rejects(products.getProducts([id], context), failsWith(502, 'upstream_error'))
})

test('getProducts forwards the request id and the trace, but not the token, which the catalogue does not need', async (t) => {
  const { products, answer, sent } = setUp(t)
  answer(prices, 200, { data: [product] })
  await products.getProducts([id], context)
  const { requestId, traceparent, tracestate } = context
  assert.deepEqual(sent.headers, {
    accept: 'application/json',
    'x-request-id': requestId,
    traceparent,
    tracestate,
  })
})

test('getUser returns the account, and forwards the token as well', async (t) => {
  const { users, answer, sent } = setUp(t)
  answer(`/users/${id}`, 200, user)
  assert.equal((await users.getUser(id, context)).email, 'alice@example.com')
  const { requestId, authorization, traceparent, tracestate } = context
  assert.deepEqual(sent.headers, {
    accept: 'application/json',
    'x-request-id': requestId,
    authorization,
    traceparent,
    tracestate,
  })
})

const mappings: [upstream: number, status: number, code: (resource: string) => string, calls: number][] = [
  [400, 502, () => 'upstream_error', 1],
  [401, 401, () => 'invalid_token', 1],
  [403, 403, () => 'upstream_forbidden', 1],
  [429, 503, () => 'upstream_unavailable', 1],
  [500, 502, () => 'upstream_error', 1],
  [502, 502, () => 'upstream_error', 2],
  [503, 503, () => 'upstream_unavailable', 2],
  [504, 502, () => 'upstream_error', 2],
]

for (const [upstream, status, code, calls] of mappings) {
  test(`a neighbour's ${upstream} becomes a ${status}, after ${calls} calls`, async (t) => {
    const { products, users, answer, assertAllCalled } = setUp(t)
    for (let call = 0; call < calls; call++) answer(prices, upstream)
    await assert.rejects(products.getProducts([id], context), failsWith(status, code('product')))
    for (let call = 0; call < calls; call++) answer(`/users/${id}`, upstream)
    await assert.rejects(users.getUser(id, context), failsWith(status, code('user')))
    assertAllCalled()
  })
}

test('a user that does not exist is a NotFoundError', async (t) => {
  const { users, answer } = setUp(t)
  answer(`/users/${id}`, 404)
  await assert.rejects(users.getUser(id, context), failsWith(404, 'user_not_found'))
})

for (const [name, wrong] of Object.entries({
  'without a price': { ...product, unitAmount: undefined },
  'with a price as text': { ...product, unitAmount: '4900' },
  'with a fraction of a cent': { ...product, unitAmount: 49.5 },
  'with a negative price': { ...product, unitAmount: -1 },
  'with a price beyond what is stored': { ...product, unitAmount: 2 ** 31 },
  'without a name': { ...product, name: '' },
  'with a NUL in its name': { ...product, name: 'a\u0000b' },
  'with an unknown kind of currency': { ...product, currency: 'euro' },
})) {
  test(`a product ${name} is a 502 in its own place`, async (t) => {
    const { products, answer } = setUp(t)
    const other = { ...product, id: otherId }
    answer(`${prices},${otherId}`, 200, { data: [wrong, other] })
    const found = await products.getProducts([id, otherId], context)
    failsWith(502, 'upstream_error')(found.get(id))
    assert.deepEqual(found.get(otherId), other)
  })
}

test('an answer about another product or user is a 502', async (t) => {
  const { products, users, answer } = setUp(t)
  const other = otherId
  answer(prices, 200, { data: [{ ...product, id: other }] })
  await assert.rejects(products.getProducts([id], context), failsWith(502, 'upstream_error'))
  answer(`/users/${id}`, 200, { ...user, id: other })
  await assert.rejects(users.getUser(id, context), failsWith(502, 'upstream_error'))
})

test('an id in capitals is the same id', async (t) => {
  const { products, answer } = setUp(t)
  answer(prices, 200, { data: [{ ...product, id: id.toUpperCase() }] })
  const found = await products.getProducts([id.toUpperCase()], context)
  assert.deepEqual(found.get(id), { ...product, id: id.toUpperCase() })
})

for (const bad of [
  '',
  '..',
  '../users/1',
  '//evil.test/',
  `${id}/../x`,
  `${id}?x=1`,
  'http://evil.test/',
  `${id}\r\nX: 1`,
]) {
  test(`the id ${JSON.stringify(bad)} is refused before it is put into a URL`, async (t) => {
    const { products, users } = setUp(t)
    await assert.rejects(products.getProducts([bad], context), ValidationError)
    await assert.rejects(users.getUser(bad, context), ValidationError)
  })
}
