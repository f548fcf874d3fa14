import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Type } from 'typebox'
import { createTestService } from '../app.ts'

/** Returns a service whose /slow answers on demand, limited to one read and one write at a time. */
async function start(t: TestContext, limits: { refusalsPerSecond?: number } = {}) {
  const app = createTestService({ limits: { maxReads: 1, maxWrites: 1, ...limits } })
  const waiting: (() => void)[] = []
  const slow = () =>
    new Promise<object>((resolve) => {
      waiting.push(() => resolve({}))
    })
  app.get('/slow', { schema: { response: { 200: Type.Object({}) } } }, slow)
  app.post('/slow', { schema: { response: { 200: Type.Object({}) } } }, slow)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(() => app.close())

  async function untilWaiting(count: number) {
    while (waiting.length < count) await new Promise(setImmediate)
  }
  return { app, url, waiting, untilWaiting, metrics: () => app.metrics.metrics() }
}

test('excess is refused immediately, as a problem with Retry-After', async (t) => {
  const { url, waiting, untilWaiting, metrics } = await start(t)
  const first = fetch(`${url}/slow`)
  await untilWaiting(1)

  const second = await fetch(`${url}/slow`, { headers: { 'x-request-id': 'second' } })
  assert.equal(second.status, 503)
  assert.equal(second.headers.get('retry-after'), '1')
  assert.equal(second.headers.get('content-type'), 'application/problem+json')
  assert.equal(second.headers.get('x-request-id'), 'second')
  const { code, requestId } = (await second.json()) as { code: string; requestId: string }
  assert.deepEqual({ code, requestId }, { code: 'overloaded', requestId: 'second' })
  assert.match(await metrics(), /http_requests_shed_total\{kind="read"\} 1/)

  waiting[0]?.()
  assert.equal((await first).status, 200)
  const third = fetch(`${url}/slow`)
  await untilWaiting(2)
  waiting[1]?.()
  assert.equal((await third).status, 200)
})

test('waiting writes do not crowd out reads, and probes are always answered', async (t) => {
  const { url, waiting, untilWaiting } = await start(t)
  const write = fetch(`${url}/slow`, { method: 'POST' })
  await untilWaiting(1)
  assert.equal((await fetch(`${url}/slow`, { method: 'POST' })).status, 503)
  const read = fetch(`${url}/slow`)
  await untilWaiting(2)
  for (const path of ['/healthz', '/readyz/', '/metrics'])
    assert.equal((await fetch(url + path)).status, 200, path)
  for (const answer of waiting) answer()
  assert.deepEqual([(await write).status, (await read).status], [200, 200])
})

/** Sends requests on one connection, each as soon as the previous one is answered. */
async function hammer(t: TestContext, url: string, request = 'GET /slow HTTP/1.1\r\nHost: shop\r\n\r\n') {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) }).setEncoding('latin1')
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return {
    async ask() {
      socket.write(request)
      const [answer] = await once(socket, 'data')
      return Number(String(answer).slice(9, 12))
    },
  }
}

for (const [method, body] of Object.entries({ GET: '', POST: '{}' }))
  test(`a client that retries a refused ${method} immediately has to wait, and is served once there is room`, async (t) => {
    const refusalsPerSecond = 100
    const { url, waiting, untilWaiting } = await start(t, { refusalsPerSecond })
    const first = fetch(`${url}/slow`, { method })
    await untilWaiting(1)

    const head = `${method} /slow HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    const clients = await Promise.all(Array.from({ length: 5 }, () => hammer(t, url, head + body)))
    const asks = 20
    const startedAt = performance.now()
    for (let n = 0; n < asks; n++) {
      const statuses = await Promise.all(clients.map(({ ask }) => ask()))
      assert.deepEqual(statuses, [503, 503, 503, 503, 503])
    }
    const tookMs = performance.now() - startedAt
    const refusals = asks * clients.length
    // a timer that was late makes up for it
    assert.ok(tookMs > (700 * refusals) / refusalsPerSecond, `${refusals} refusals in ${tookMs} ms`)

    waiting[0]?.()
    assert.equal((await first).status, 200)
    const second = clients[0]?.ask()
    await untilWaiting(2)
    waiting[1]?.()
    assert.equal(await second, 200)
  })

test('a service that is shutting down does not slow clients down', async (t) => {
  const { app, url, untilWaiting, waiting } = await start(t, { refusalsPerSecond: 50 })
  const first = fetch(`${url}/slow`)
  await untilWaiting(1)
  const clients = await Promise.all(Array.from({ length: 200 }, () => hammer(t, url)))
  await Promise.all(clients.map(({ ask }) => ask()))
  const again = clients.map(({ ask }) => ask())
  const startedAt = performance.now()
  app.lifecycle.draining = true
  const statuses = new Set(await Promise.all(again))
  assert.deepEqual([...statuses], [503])
  assert.ok(performance.now() - startedAt < 2000, 'slowed down, it would have taken four seconds')
  waiting[0]?.()
  assert.equal((await first).status, 200)
})

test('a request that fails gives its place back', async (t) => {
  const { url } = await start(t)
  for (let n = 0; n < 3; n++) {
    const response = await fetch(`${url}/slow`, {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'application/json' },
    })
    assert.equal(response.status, 400)
  }
})
