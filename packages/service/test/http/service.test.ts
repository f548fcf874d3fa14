import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { Uuid } from '../../src/schemas.ts'
import { createTestService } from '../app.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

test("the caller's X-Request-ID comes back, in the answer and in the log", async (t) => {
  const logLines: string[] = []
  const app = createTestService({ logLines })
  t.after(() => app.close())

  const response = await app.inject({ url: '/nothing', headers: { 'x-request-id': 'order-7.a:b_c' } })

  assert.equal(response.headers['x-request-id'], 'order-7.a:b_c')
  assert.equal(response.json().requestId, 'order-7.a:b_c')
  assert.ok(logLines.some((line) => line.includes('"reqId":"order-7.a:b_c"')))
})

for (const given of ['', ' ', 'a b', 'a\tb', '"', '<script>', 'é', 'a'.repeat(129), '{"level":"fatal"}']) {
  test(`the X-Request-ID ${JSON.stringify(given.slice(0, 20))} is replaced, because it is unsafe in logs and headers`, async (t) => {
    const app = createTestService()
    t.after(() => app.close())
    const response = await app.inject({ url: '/healthz', headers: { 'x-request-id': given } })
    assert.match(String(response.headers['x-request-id']), uuid)
  })
}

test('a request is one line in the log: method, route, status, duration; neither path nor query', async (t) => {
  const logLines: string[] = []
  const app = createTestService({ logLines })
  t.after(() => app.close())
  app.get('/things/:id', async () => ({}))

  await app.inject({ url: '/things/canary?access_token=canary', headers: { authorization: 'Bearer canary' } })

  const lines = logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request')
  assert.equal(lines.length, 1)
  const { method, route, status, durationMs, level } = lines[0]
  assert.deepEqual([method, route, status, level], ['GET', '/things/:id', 200, 'info'])
  assert.equal(typeof durationMs, 'number')
  assert.ok(!logLines.join('').includes('canary'))
})

test('GET /healthz is 200 while nothing else works; GET /readyz is a 503 without the reason', async (t) => {
  const logLines: string[] = []
  const checkReadiness = async () => {
    throw new Error('canary: no connection to db.internal')
  }
  const app = createTestService({ logLines, checkReadiness })
  t.after(() => app.close())

  assert.equal((await app.inject({ url: '/healthz' })).statusCode, 200)
  const ready = await app.inject({ url: '/readyz' })
  assert.equal(ready.statusCode, 503)
  assert.equal(ready.json().code, 'not_ready')
  assert.ok(ready.headers['retry-after'])
  assert.ok(!ready.body.includes('canary'))
  assert.ok(logLines.join('').includes('canary: no connection'))
})

test('GET /readyz is 200 as soon as the service can serve', async (t) => {
  let broken = true
  const checkReadiness = async () => {
    if (broken) throw new Error('not yet')
  }
  const app = createTestService({ checkReadiness })
  t.after(() => app.close())

  assert.equal((await app.inject({ url: '/readyz' })).statusCode, 503)
  broken = false
  const ready = await app.inject({ url: '/readyz' })
  assert.equal(ready.statusCode, 200)
  assert.deepEqual(ready.json(), { status: 'ready' })
})

test('while draining, requests are served with Connection: close; /readyz is 503', async (t) => {
  const app = createTestService()
  t.after(() => app.close())
  app.get('/things', async () => ({}))

  assert.notEqual((await app.inject({ url: '/things' })).headers.connection, 'close')
  app.lifecycle.draining = true
  const response = await app.inject({ url: '/things' })
  assert.equal(response.statusCode, 200)
  assert.equal(response.headers.connection, 'close')
  assert.equal((await app.inject({ url: '/healthz' })).statusCode, 200)
  assert.equal((await app.inject({ url: '/readyz' })).statusCode, 503)
})

test('GET /metrics counts requests by route, never by path', async (t) => {
  const app = createTestService()
  t.after(() => app.close())
  app.get('/things/:id', async () => ({}))

  for (const id of ['canary-1', 'canary-2']) await app.inject({ url: `/things/${id}?q=canary` })
  await app.inject({ url: '/canary-3' })
  const { body, headers } = await app.inject({ url: '/metrics' })

  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  const count = 'http_request_duration_seconds_count'
  assert.ok(body.includes(`${count}{method="GET",route="/things/:id",status="200"} 2`), body)
  assert.ok(body.includes(`${count}{method="GET",route="none",status="404"} 1`), body)
  assert.ok(!body.includes('canary'), body)
})

test('two services in one process do not share their metrics', async (t) => {
  const [one, other] = [createTestService(), createTestService()]
  t.after(() => Promise.all([one.close(), other.close()]))
  await one.inject({ url: '/nothing' })
  assert.ok(!(await other.inject({ url: '/metrics' })).body.includes('route="none"'))
})

test('GET /openapi.json is the contract of all routes; those for operators come last', async (t) => {
  const app = createTestService()
  t.after(() => app.close())
  app.register(async (routes) => {
    routes.get(
      '/things/:id',
      {
        schema: {
          operationId: 'getThing',
          tags: ['things'],
          params: Type.Object({ id: Uuid }),
          response: { 200: Type.Object({}) },
        },
      },
      async () => ({}),
    )
  })

  const contract = (await app.inject({ url: '/openapi.json' })).json()
  assert.equal(contract.openapi, '3.1.0')
  assert.deepEqual([contract.info.title, contract.info.version], ['Test service', '7.8.9'])
  assert.deepEqual(Object.keys(contract.paths).sort(), [
    '/healthz',
    '/metrics',
    '/openapi.json',
    '/readyz',
    '/things/{id}',
  ])
  assert.deepEqual(contract.tags, [{ name: 'things' }, { name: 'operation' }])
  assert.equal(contract.paths['/things/{id}'].get.operationId, 'getThing')
})

test('GET /docs loads nothing from other sites', async (t) => {
  const app = createTestService()
  t.after(() => app.close())

  const page = await app.inject({ url: '/docs' })
  assert.equal(page.statusCode, 200)
  assert.match(String(page.headers['content-type']), /^text\/html/)
  const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => String(match[1]))
  assert.ok(loaded.length > 3, page.body)
  for (const url of loaded) {
    assert.match(url, /^\/docs\//)
    assert.equal((await app.inject({ url })).statusCode, 200, url)
  }
  const policy = String(page.headers['content-security-policy'])
  assert.match(policy, /default-src 'self'/)
  assert.doesNotMatch(policy, /https?:|\*|unsafe|upgrade/)
})

test('a missing file of /docs is a problem, never a 500', async (t) => {
  const app = createTestService()
  t.after(() => app.close())
  for (const [path, status, headers] of [
    ['nothing.js', 404, {}],
    ['..%2f..%2fpackage.json', 404, {}],
    ['%00', 400, {}],
    ['a'.repeat(2000), 400, {}],
    ['index.css', 400, { range: 'bytes=99999999-' }],
  ] as const) {
    const response = await app.inject({ url: `/docs/static/${path}`, headers })
    assert.equal(response.statusCode, status, path.slice(0, 40))
    assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
  }
})
