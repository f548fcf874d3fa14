import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Type } from 'typebox'
import { MockAgent } from 'undici'
import { createServiceClient } from '../../src/client/service-client.ts'
import { AppError } from '../../src/errors.ts'
import { createLogger } from '../../src/logger.ts'

const Thing = Type.Object({ id: Type.String(), size: Type.Integer() })
const read = { schema: Thing, resource: 'thing' }
const origin = 'http://things.test'
const thing = { id: 'a', size: 1 }
const json = { headers: { 'content-type': 'application/json; charset=utf-8' } }

const defaults = { upstreamTimeoutMs: 1000, upstreamBreakerThreshold: 1000, upstreamBreakerOpenMs: 60_000 }

function setUp(
  t: TestContext,
  { baseUrl = origin, ...overrides }: Partial<typeof defaults> & { baseUrl?: string } = {},
) {
  const agent = new MockAgent()
  agent.disableNetConnect()
  t.after(() => agent.close())
  const lines: Record<string, unknown>[] = []
  const log = createLogger(
    { name: 'test', level: 'trace' },
    { write: (line) => lines.push(JSON.parse(line)) },
  )
  const client = createServiceClient({
    name: 'thing',
    baseUrl,
    config: { ...defaults, ...overrides },
    dispatcher: agent,
  })
  const context = { requestId: 'req-1', log: log.child({ reqId: 'req-1' }) }
  return { upstream: agent.get(origin), agent, client, context, lines }
}

const failsWith = (status: number, code: string) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.deepEqual({ status: error.status, code: error.code }, { status, code })
  return true
}

test('get returns the body of a 200', async (t) => {
  const { upstream, client, context } = setUp(t)
  upstream.intercept({ path: '/things/a' }).reply(200, thing, json)
  assert.deepEqual(await client.get('/things/a', read, context), thing)
})

test('a base URL may have a path', async (t) => {
  const { upstream, client, context } = setUp(t, { baseUrl: `${origin}/api/v1/` })
  upstream.intercept({ path: '/api/v1/things/a' }).reply(200, thing, json)
  assert.deepEqual(await client.get('/things/a', read, context), thing)
})

test('exactly the named headers are forwarded', async (t) => {
  const { upstream, client, context } = setUp(t)
  let headers: unknown
  upstream.intercept({ path: '/things/a' }).reply((options) => {
    headers = options.headers
    return { statusCode: 200, data: thing, responseOptions: json }
  })
  const forwarded = { authorization: 'Bearer token', traceparent: '00-trace-span-01', tracestate: 'vendor=1' }
  const more = { cookie: 'session=1', 'x-user-id': 'somebody' }
  await client.get('/things/a', read, { ...context, ...forwarded, ...more })
  assert.deepEqual(headers, { accept: 'application/json', 'x-request-id': 'req-1', ...forwarded })
})

test('headers that the caller did not send are not forwarded', async (t) => {
  const { upstream, client, context } = setUp(t)
  let headers: unknown
  upstream.intercept({ path: '/things/a' }).reply((options) => {
    headers = options.headers
    return { statusCode: 200, data: thing, responseOptions: json }
  })
  await client.get('/things/a', read, context)
  assert.deepEqual(headers, { accept: 'application/json', 'x-request-id': 'req-1' })
})

const mappings: [upstreamStatus: number, status: number, code: string][] = [
  [400, 502, 'upstream_error'],
  [401, 401, 'invalid_token'],
  [403, 403, 'upstream_forbidden'],
  [404, 404, 'thing_not_found'],
  [409, 502, 'upstream_error'],
  [418, 502, 'upstream_error'],
  [429, 503, 'upstream_unavailable'],
  [500, 502, 'upstream_error'],
  [501, 502, 'upstream_error'],
  [204, 502, 'upstream_error'],
  [301, 502, 'upstream_error'],
]

for (const [upstreamStatus, status, code] of mappings) {
  test(`an upstream's ${upstreamStatus} is called once and becomes ${status} ${code}, without its text`, async (t) => {
    const { upstream, agent, client, context, lines } = setUp(t)
    upstream
      .intercept({ path: '/things/a' })
      .reply(upstreamStatus, 'SECRET TEXT', { headers: { location: 'http://elsewhere.test/' } })
    const error = await client.get('/things/a', read, context).catch((error) => error)
    failsWith(status, code)(error)
    assert.doesNotMatch(error.message, /SECRET/)
    agent.assertNoPendingInterceptors()
    const line = lines.at(-1)
    assert.deepEqual(
      { msg: line?.msg, upstreamStatus: line?.upstreamStatus, reqId: line?.reqId },
      { msg: 'upstream call failed', upstreamStatus, reqId: 'req-1' },
    )
  })
}

for (const [upstreamStatus, status, code] of [
  [502, 502, 'upstream_error'],
  [503, 503, 'upstream_unavailable'],
  [504, 502, 'upstream_error'],
] as const) {
  test(`an upstream's ${upstreamStatus} is tried twice, then becomes ${status} ${code}`, async (t) => {
    const { upstream, agent, client, context, lines } = setUp(t)
    upstream.intercept({ path: '/things/a' }).reply(upstreamStatus, '').times(2)
    await assert.rejects(client.get('/things/a', read, context), failsWith(status, code))
    agent.assertNoPendingInterceptors()
    const retry = lines.find(({ msg }) => msg === 'upstream call failed, retrying once')
    assert.equal(retry?.upstreamStatus, upstreamStatus)
    assert.equal(retry?.reqId, 'req-1')
  })
}

test('a successful retry returns the body', async (t) => {
  const { upstream, client, context } = setUp(t)
  upstream.intercept({ path: '/things/a' }).reply(503, '')
  upstream.intercept({ path: '/things/a' }).reply(200, thing, json)
  assert.deepEqual(await client.get('/things/a', read, context), thing)
})

for (const code of [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
]) {
  test(`${code} is tried twice, then becomes 503 upstream_unavailable`, async (t) => {
    const { upstream, agent, client, context } = setUp(t)
    upstream
      .intercept({ path: '/things/a' })
      .replyWithError(Object.assign(new Error('internal.host'), { code }))
      .times(2)
    const error = await client.get('/things/a', read, context).catch((error) => error)
    failsWith(503, 'upstream_unavailable')(error)
    assert.doesNotMatch(error.message, /internal/)
    assert.equal(error.headers['retry-after'], '1')
    agent.assertNoPendingInterceptors()
  })
}

test('an answer that takes longer than the deadline is a 504, and is not retried', async (t) => {
  const { upstream, agent, client, context } = setUp(t, { upstreamTimeoutMs: 50 })
  upstream.intercept({ path: '/things/a' }).reply(200, thing, json).delay(500)
  await assert.rejects(client.get('/things/a', read, context), failsWith(504, 'upstream_timeout'))
  agent.assertNoPendingInterceptors()
})

const nonsense: Record<string, { body: string | Buffer; headers?: Record<string, string> }> = {
  'that is not JSON': { body: '<html>' },
  'that is empty': { body: '' },
  'of another type': { body: JSON.stringify(thing), headers: { 'content-type': 'text/html' } },
  'without a type': { body: JSON.stringify(thing), headers: {} },
  'that is compressed': {
    body: JSON.stringify(thing),
    headers: { ...json.headers, 'content-encoding': 'gzip' },
  },
  'that lacks a field': { body: '{"id":"a"}' },
  'with a field of another type': { body: '{"id":"a","size":"1"}' },
  'that is null': { body: 'null' },
  'that is a list': { body: '[]' },
  'that is not UTF-8': { body: Buffer.from('{"id":"\xff","size":1}', 'latin1') },
}

for (const [name, { body, headers = json.headers }] of Object.entries(nonsense)) {
  test(`a 200 ${name} is a 502`, async (t) => {
    const { upstream, client, context } = setUp(t)
    upstream.intercept({ path: '/things/a' }).reply(200, body, { headers })
    await assert.rejects(client.get('/things/a', read, context), failsWith(502, 'upstream_error'))
  })
}

test('fields that we do not read may be added or removed', async (t) => {
  const { upstream, client, context } = setUp(t)
  upstream.intercept({ path: '/things/a' }).reply(200, { ...thing, colour: 'red' }, json)
  assert.equal((await client.get('/things/a', read, context)).size, 1)
})

test('an upstream that keeps failing is no longer called', async (t) => {
  const { upstream, agent, client, context, lines } = setUp(t, { upstreamBreakerThreshold: 3 })
  upstream.intercept({ path: '/things/a' }).reply(500, '').times(3)
  for (let i = 0; i < 3; i++)
    await assert.rejects(client.get('/things/a', read, context), failsWith(502, 'upstream_error'))
  agent.assertNoPendingInterceptors()
  // a call without an interceptor would fail like a connection error, so only the log can tell
  const before = lines.length
  await assert.rejects(client.get('/things/a', read, context), failsWith(503, 'upstream_unavailable'))
  assert.equal(lines.length, before)
})

test('a call for several requests that times out counts for all of them, and one that fails otherwise for one', async (t) => {
  const options = { upstreamTimeoutMs: 50, upstreamBreakerThreshold: 3 }
  const { upstream, client, context } = setUp(t, options)
  const forThree = { ...context, requests: 3 }
  const get = () => client.get('/things/a', read, forThree)
  upstream.intercept({ path: '/things/a' }).reply(500, '').times(2)
  for (let n = 0; n < 2; n++) await assert.rejects(get(), failsWith(502, 'upstream_error'))
  upstream.intercept({ path: '/things/a' }).reply(200, thing, json)
  await get()
  upstream.intercept({ path: '/things/a' }).reply(200, thing, json).delay(500)
  await assert.rejects(get(), failsWith(504, 'upstream_timeout'))
  await assert.rejects(get(), failsWith(503, 'upstream_unavailable'))
})

test('one product with an invalid answer does not stop calls for others', async (t) => {
  const { upstream, client, context } = setUp(t, { upstreamBreakerThreshold: 1 })
  for (const status of [400, 409, 410, 422]) {
    upstream.intercept({ path: '/things/a' }).reply(status, '')
    await assert.rejects(client.get('/things/a', read, context), failsWith(502, 'upstream_error'))
  }
  upstream.intercept({ path: '/things/a' }).reply(200, { id: 'a' }, json)
  await assert.rejects(client.get('/things/a', read, context), failsWith(502, 'upstream_error'))
  upstream.intercept({ path: '/things/b' }).reply(200, thing, json)
  assert.deepEqual(await client.get('/things/b', read, context), thing)
})

test('while calls are suspended, Retry-After gives the time left', async (t) => {
  const { upstream, client, context } = setUp(t, { upstreamBreakerThreshold: 1, upstreamBreakerOpenMs: 7000 })
  upstream.intercept({ path: '/things/a' }).reply(500, '')
  await assert.rejects(client.get('/things/a', read, context))
  const error = await client.get('/things/a', read, context).catch((error) => error)
  assert.equal(error.headers['retry-after'], '7')
})

test('an upstream that refuses is not failing', async (t) => {
  const { upstream, client, context } = setUp(t, { upstreamBreakerThreshold: 1 })
  for (const status of [404, 401, 403, 429]) {
    upstream.intercept({ path: '/things/a' }).reply(status, '')
    await assert.rejects(client.get('/things/a', read, context))
  }
  upstream.intercept({ path: '/things/a' }).reply(200, thing, json)
  assert.deepEqual(await client.get('/things/a', read, context), thing)
})

test('a suspended upstream is called again after the pause', async (t) => {
  const { upstream, client, context } = setUp(t, { upstreamBreakerThreshold: 1, upstreamBreakerOpenMs: 30 })
  upstream.intercept({ path: '/things/a' }).reply(500, '')
  await assert.rejects(client.get('/things/a', read, context))
  await assert.rejects(client.get('/things/a', read, context), failsWith(503, 'upstream_unavailable'))
  await new Promise((resolve) => setTimeout(resolve, 40))
  upstream.intercept({ path: '/things/a' }).reply(200, thing, json)
  assert.deepEqual(await client.get('/things/a', read, context), thing)
})

test('the query of a call is not logged, whether it is retried, fails or is refused', async (t) => {
  const { upstream, client, context, lines } = setUp(t)
  const path = '/things?email=canary@example.com'
  for (const status of [503, 503, 404, 500]) upstream.intercept({ path }).reply(status, '')
  for (const code of ['upstream_unavailable', 'thing_not_found', 'upstream_error'])
    await assert.rejects(client.get(path, read, context), (error) => (error as AppError).code === code)
  assert.deepEqual(
    lines.map((line) => line.path),
    ['/things', '/things', '/things', '/things'],
  )
  assert.doesNotMatch(JSON.stringify(lines), /canary/)
})
