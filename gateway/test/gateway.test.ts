import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createLogger } from '@shop/service/logger'
import { buildGateway } from '../src/gateway.ts'

type Echo = {
  service: string
  method?: string | undefined
  url?: string | undefined
  headers: IncomingMessage['headers']
  body: string
}

test('each prefix, exact or with a path below it, leads to its service with path and query as they came', async (t) => {
  const { url } = await startGateway(t)
  const cases = [
    ['/users', 'user'],
    ['/users/login?next=%2Forders&x=..%2F', 'user'],
    ['/.well-known/jwks.json', 'user'],
    ['/products?limit=5', 'product'],
    ['/orders', 'order'],
    ['/orders/', 'order'],
    ['/orders/0190a000-0000-7000-8000-000000000001', 'order'],
  ] as const
  for (const [path, service] of cases) {
    const echo = await echoOf(fetch(url + path))
    assert.deepEqual([echo.service, echo.url], [service, path])
  }
})

test('nothing else of the services can be reached', async (t) => {
  const { url, requests } = await startGateway(t)
  const paths = [
    '/',
    '/metrics',
    '/docs',
    '/openapi.json',
    '/readyz',
    '/usersx',
    '/ORDERS',
    '/.well-known/other',
    '/.well-known',
  ]
  for (const path of paths) await assertProblem(await fetch(url + path), 404, 'route_not_found')
  assert.equal(requests.length, 0)
})

test('the gateway has a health check of its own', async (t) => {
  const { url, requests } = await startGateway(t)
  const response = await fetch(`${url}/healthz`)
  assert.equal(response.status, 200)
  assert.equal(requests.length, 0)
})

test('a path that two readers could take for two is refused before any service sees it', async (t) => {
  const { port, requests } = await startGateway(t)
  const targets = [
    '/orders/../metrics',
    '/orders/..',
    '/orders/./1',
    '/orders/%2e%2e/metrics',
    '/orders/%2E%2E%2Fmetrics',
    '/orders/..%2fmetrics',
    '/orders%2f..%2fmetrics',
    '/orders/%5c..%5cmetrics',
    '/orders/%252e%252e/metrics',
    '/%6frders',
    '/orders/%zz',
    '/orders/%00',
    '//orders',
    '/orders//1',
    '//metrics/orders',
    '/orders\\..\\metrics',
    '/orders;/../metrics',
    '/orders/..;/metrics',
    '/orders#/../metrics',
    '/orders?a#b',
    '/.git/orders',
    'http://127.0.0.1/orders',
    'orders',
    '*',
  ]
  for (const target of targets) {
    const { status, body } = await rawRequest(
      port,
      `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    )
    assert.equal(status, 400, target)
    assert.equal(JSON.parse(body).status, 400, target)
  }
  assert.equal(requests.length, 0)
})

test('a request whose end is unclear is refused', async (t) => {
  const { port, requests } = await startGateway(t)
  const both =
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'
  const twice = 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'
  const odd = 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'
  for (const rest of [both, twice, odd]) {
    const { status } = await rawRequest(
      port,
      `POST /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${rest}`,
    )
    assert.equal(status, 400, rest)
  }
  assert.equal(requests.length, 0)
})

test('what the caller says of itself arrives, what it says of others does not', async (t) => {
  const { url } = await startGateway(t)
  const { headers } = await echoOf(
    fetch(`${url}/orders`, {
      headers: {
        authorization: 'Bearer abc',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        'idempotency-key': 'k1',
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'evil.example',
        forwarded: 'for=6.6.6.6',
        'x-real-ip': '6.6.6.6',
        'x-user-id': 'admin',
        'X-User-Role': 'admin',
        x_user_id: 'admin',
        'proxy-authorization': 'Basic abc',
      },
    }),
  )
  assert.equal(headers.authorization, 'Bearer abc')
  assert.equal(headers.traceparent, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')
  assert.equal(headers['idempotency-key'], 'k1')
  assert.equal(headers['x-forwarded-for'], '127.0.0.1')
  assert.equal(headers['x-forwarded-proto'], 'http')
  const forged = [
    'x-forwarded-host',
    'forwarded',
    'x-real-ip',
    'x-user-id',
    'x-user-role',
    'x_user_id',
    'proxy-authorization',
  ]
  assert.deepEqual(
    forged.filter((name) => name in headers),
    [],
  )
})

test('headers that the caller names in Connection stay behind, but not those that the gateway sets', async (t) => {
  const { port } = await startGateway(t)
  const { body } = await rawRequest(
    port,
    'GET /orders HTTP/1.1\r\nHost: a\r\nConnection: close, X-Secret, X-Forwarded-For\r\nX-Secret: 1\r\n\r\n',
  )
  const { headers } = JSON.parse(body) as Echo
  assert.equal(headers['x-secret'], undefined)
  assert.equal(headers['x-forwarded-for'], '127.0.0.1')
})

test('a request id is passed on and echoed; one that is missing or unfit is made anew', async (t) => {
  const { url } = await startGateway(t)
  const idFor = async (given?: string) => {
    const response = await fetch(`${url}/orders`, {
      headers: given === undefined ? {} : { 'x-request-id': given },
    })
    const echo = (await response.json()) as Echo
    assert.equal(response.headers.get('x-request-id'), echo.headers['x-request-id'])
    return String(echo.headers['x-request-id'])
  }
  assert.equal(await idFor('trace-1.a:b_c'), 'trace-1.a:b_c')
  for (const unfit of [undefined, 'a b', '<script>', 'x'.repeat(129)])
    assert.match(await idFor(unfit), /^[0-9a-f-]{36}$/)
})

test('bodies go through whole, up to 64 KiB; a larger one is refused however it is sent', async (t) => {
  const { url, requests } = await startGateway(t)
  const post = (body: string | ReadableStream) =>
    fetch(`${url}/orders`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    } as RequestInit)
  const fits = 'é'.repeat(32 * 1024)
  assert.equal((await echoOf(post(fits))).body, fits)
  assert.equal((await echoOf(post(stream(fits)))).body, fits)

  await assertProblem(await post(`${fits}x`), 413, 'body_too_large')
  await assertProblem(await post(stream(`${fits}x`)), 413, 'body_too_large')
  assert.equal(requests.length, 2)
})

test('status, headers and body of the answer come back as they are, redirects too', async (t) => {
  const { url } = await startGateway(t)
  const created = await fetch(`${url}/orders/created`, { method: 'POST' })
  assert.equal(created.status, 201)
  assert.equal(created.headers.get('location'), '/orders/1')
  assert.doesNotMatch(created.headers.get('keep-alive') ?? '', /999/)

  const redirect = await fetch(`${url}/orders/redirect`, { redirect: 'manual' })
  assert.equal(redirect.status, 302)
  assert.equal(redirect.headers.get('location'), 'http://127.0.0.1:1/metrics')

  assert.equal((await fetch(`${url}/orders/empty`, { method: 'DELETE' })).status, 204)
  const head = await fetch(`${url}/orders`, { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(await head.text(), '')
})

test('a service that does not answer gives 502, one that takes too long 504; nothing is sent twice', async (t) => {
  const { url, requests } = await startGateway(t, { upstreamTimeoutMs: 300 })
  await assertProblem(await fetch(`${url}/orders/broken`, { method: 'POST' }), 502, 'bad_gateway')
  await assertProblem(await fetch(`${url}/orders/broken`), 502, 'bad_gateway')
  await assertProblem(await fetch(`${url}/orders/slow`, { method: 'POST' }), 504, 'gateway_timeout')
  await assertProblem(await fetch(`${url}/orders/nonsense`), 502, 'bad_gateway')
  assert.equal(requests.length, 4)
  // a 503 with Retry-After is the caller's to follow, not ours
  assert.equal((await fetch(`${url}/orders/unavailable`)).status, 503)
  assert.equal(requests.length, 5)
})

test('a service that is down gives 502, and its neighbours are reached all the same', async (t) => {
  const { url, stopService } = await startGateway(t)
  await stopService('order')
  await assertProblem(await fetch(`${url}/orders`), 502, 'bad_gateway')
  assert.equal((await fetch(`${url}/users/me`)).status, 200)
})

test('an answer that breaks off half-way breaks off for the caller too', async (t) => {
  const { url } = await startGateway(t)
  const response = await fetch(`${url}/orders/half`)
  assert.equal(response.status, 200)
  await assert.rejects(response.text())
})

test('connections to a service are kept and used again', async (t) => {
  const { url, requests } = await startGateway(t)
  for (let i = 0; i < 5; i++) await echoOf(fetch(`${url}/orders`))
  assert.equal(new Set(requests.map((request) => request.socket.remotePort)).size, 1)
})

/** A gateway with three small services behind it, which echo what they get or misbehave as the path says. */
async function startGateway(t: TestContext, options: { upstreamTimeoutMs?: number } = {}) {
  const requests: IncomingMessage[] = []
  const service = async (name: string) => {
    const server = createServer((request, response) => {
      requests.push(request)
      void answer(name, request, response)
    })
    server.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const stop = () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    }
    t.after(stop)
    return { origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`, stop }
  }
  const services = {
    user: await service('user'),
    product: await service('product'),
    order: await service('order'),
  }
  const gateway = buildGateway({
    upstreams: { user: services.user.origin, product: services.product.origin, order: services.order.origin },
    logger: createLogger({ name: 'gateway', level: 'silent' }),
    ...options,
  })
  t.after(() => gateway.close())
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    port: Number(new URL(url).port),
    requests,
    stopService: (name: keyof typeof services) => services[name].stop(),
  }
}

async function answer(service: string, request: IncomingMessage, response: ServerResponse) {
  const body = await text(request)
  switch (request.url) {
    case '/orders/created':
      return response.writeHead(201, { location: '/orders/1', 'keep-alive': 'timeout=999' }).end('{}')
    case '/orders/redirect':
      return response.writeHead(302, { location: 'http://127.0.0.1:1/metrics' }).end()
    case '/orders/empty':
      return response.writeHead(204).end()
    case '/orders/unavailable':
      return response.writeHead(503, { 'retry-after': '1' }).end()
    case '/orders/broken':
      return request.socket.destroy()
    case '/orders/nonsense':
      return request.socket.end('this is not HTTP\r\n\r\n')
    case '/orders/slow':
      return
    case '/orders/half':
      response.writeHead(200, { 'content-length': '1000' }).write('half')
      await setTimeout(50)
      return request.socket.destroy()
  }
  const { method, url, headers } = request
  const echo = JSON.stringify({ service, method, url, headers, body } satisfies Echo)
  response
    .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(echo) })
    .end(echo)
}

async function echoOf(response: Promise<Response>): Promise<Echo> {
  return (await (await response).json()) as Echo
}

async function assertProblem(response: Response, status: number, code: string) {
  const problem = (await response.json()) as Record<string, unknown>
  assert.deepEqual([response.status, problem.status, problem.code], [status, status, code])
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json\b/)
  assert.equal(problem.requestId, response.headers.get('x-request-id'))
  assert.ok(problem.type && problem.title && problem.detail)
}

/** What fetch would put in order before it sends it. */
async function rawRequest(port: number, request: string) {
  const socket = connect(port, '127.0.0.1')
  socket.write(request)
  const answer = await text(socket)
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2)
  return { status: Number(head.split(' ')[1]), body }
}

function stream(content: string) {
  return new Blob([content]).stream()
}
