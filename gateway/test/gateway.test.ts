import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createLogger } from '@shop/service/logger'
import { buildGateway } from '../src/gateway.ts'

test('status, headers and body of the answer come back unchanged, even redirects', async (t) => {
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
  // a 503 with Retry-After is for the caller to follow, not for the gateway
  assert.equal((await fetch(`${url}/orders/unavailable`)).status, 503)
  assert.equal(requests.length, 5)
})

test('only a request for events may wait for longer', async (t) => {
  const { url } = await startGateway(t, { upstreamTimeoutMs: 100, waitingTimeoutMs: 10_000 })
  assert.equal((await fetch(`${url}/admin/events?wait=30`)).status, 200)
  await assertProblem(await fetch(`${url}/admin/webhooks`), 504, 'gateway_timeout')
  const { url: strict } = await startGateway(t, { waitingTimeoutMs: 100 })
  await assertProblem(await fetch(`${strict}/admin/events?wait=30`), 504, 'gateway_timeout')
})

test('a service that is down gives 502, and the others are still reached', async (t) => {
  const { url, stopService } = await startGateway(t)
  await stopService('order')
  await assertProblem(await fetch(`${url}/orders`), 502, 'bad_gateway')
  assert.equal((await fetch(`${url}/users/me`)).status, 200)
})

test('an answer that is cut off is cut off for the caller too', async (t) => {
  const { url } = await startGateway(t)
  const response = await fetch(`${url}/orders/half`)
  assert.equal(response.status, 200)
  await assert.rejects(response.text())
})

test('a long answer may take longer than the time-out, but not fall silent for as long', async (t) => {
  const { url } = await startGateway(t, { upstreamTimeoutMs: 400 })
  const lines = await (await fetch(`${url}/orders/steady`)).text()
  assert.equal(lines, 'line\n'.repeat(10))
  const response = await fetch(`${url}/orders/silent`)
  assert.equal(response.status, 200)
  await assert.rejects(response.text())
})

test('a client that accepts nothing of an answer is disconnected', async (t) => {
  const { url, requests } = await startGateway(t, { clientTimeoutMs: 500 })
  const client = connect(Number(new URL(url).port), '127.0.0.1').pause()
  const closed = new Promise((resolve) => client.once('close', resolve))
  client.on('error', () => undefined)
  client.write('GET /orders/endless HTTP/1.1\r\nHost: shop\r\n\r\n')
  while (requests.length === 0) await setTimeout(20)
  // the service sees it, while the client reads nothing
  await untilClosed(requests[0])
  client.resume()
  await closed
})

test('a client that goes away is no error', async (t) => {
  const { url, requests, logged } = await startGateway(t)
  for (const path of ['slow', 'endless']) {
    const client = connect(Number(new URL(url).port), '127.0.0.1').resume()
    requests.length = 0
    client.write(`GET /orders/${path} HTTP/1.1\r\nHost: shop\r\n\r\n`)
    while (requests.length === 0) await setTimeout(20)
    client.destroy()
    await untilClosed(requests[0])
  }
  assert.doesNotMatch(logged(), /"level":"(?:warn|error)"/)
})

test('connections to a service are reused', async (t) => {
  const { url, requests } = await startGateway(t)
  for (let i = 0; i < 5; i++) await (await fetch(`${url}/orders`)).json()
  assert.equal(new Set(requests.map((request) => request.socket.remotePort)).size, 1)
})

/** Starts a gateway in front of small services, which answer or misbehave depending on the path. */
async function startGateway(
  t: TestContext,
  options: { upstreamTimeoutMs?: number; waitingTimeoutMs?: number; clientTimeoutMs?: number } = {},
) {
  let log = ''
  const write = (line: string) => {
    log += line
  }
  const requests: IncomingMessage[] = []
  const startService = async () => {
    const server = createServer((request, response) => {
      requests.push(request)
      void answer(request, response)
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
    user: await startService(),
    product: await startService(),
    order: await startService(),
    relay: await startService(),
  }
  const gateway = buildGateway({
    upstreams: {
      user: services.user.origin,
      product: services.product.origin,
      order: services.order.origin,
      relay: services.relay.origin,
    },
    logger: createLogger({ name: 'gateway', level: 'trace' }, { write }),
    operatorsDoor: 'open',
    ...options,
  })
  t.after(() => gateway.close())
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    requests,
    logged: () => log,
    stopService: (name: keyof typeof services) => services[name].stop(),
  }
}

function* endless() {
  for (;;) yield Buffer.alloc(1024 ** 2)
}

/** Resolves when the connection of a request is closed, in whatever way. */
async function untilClosed(request: IncomingMessage | undefined) {
  await new Promise((resolve) => request?.socket.once('close', resolve))
}

async function answer(request: IncomingMessage, response: ServerResponse) {
  await text(request)
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
    case '/admin/events?wait=30':
    case '/admin/webhooks':
      await setTimeout(500)
      return response.end('{}')
    case '/orders/steady':
      for (let line = 0; line < 10; line++) {
        response.write('line\n')
        await setTimeout(100)
      }
      return response.end()
    case '/orders/silent':
      return response.write('line\n')
    case '/orders/endless':
      return pipeline(endless(), response).catch(() => undefined)
    case '/orders/half':
      response.writeHead(200, { 'content-length': '1000' }).write('half')
      await setTimeout(50)
      return request.socket.destroy()
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
}

async function assertProblem(response: Response, status: number, code: string) {
  const problem = (await response.json()) as Record<string, unknown>
  assert.deepEqual([response.status, problem.status, problem.code], [status, status, code])
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json\b/)
  assert.equal(problem.requestId, response.headers.get('x-request-id'))
  assert.ok(problem.type && problem.title && problem.detail)
}
