import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { signToken, testAuthConfig, testKeySet, verifyToken } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { Registry } from 'prom-client'
import { Type } from 'typebox'
import { MockAgent } from 'undici'
import { authenticate } from '../src/auth/authenticate.ts'
import { createConfiguredVerifier } from '../src/auth/configured-verifier.ts'
import { createClientMetrics } from '../src/client/metrics.ts'
import { createServiceClient } from '../src/client/service-client.ts'
import { createDatabase } from '../src/database/database.ts'
import { observeConnections } from '../src/database/metrics.ts'
import { createPipeline } from '../src/database/pipeline.ts'
import { createLogger } from '../src/logger.ts'
import { createTestService } from './app.ts'

const logger = createLogger({ name: 'test', level: 'silent' })
let database: TestDatabase

before(async () => {
  database = await createTestDatabase('order_service')
})
after(() => database.drop())

/** Returns the lines of the metrics whose names begin with `prefix`, without `_bucket` and `_sum`. */
const linesOf = async (registry: Registry, prefix: string) =>
  (await registry.metrics())
    .split('\n')
    .filter((line) => line.startsWith(prefix) && !/_(?:bucket|sum)\b/.test(line))
    .sort()

test('a pool reports its connections, its size and the requests that wait', async (t) => {
  const config = { ...database.configOf('order_service'), databasePoolSize: 2 }
  const db = createDatabase(config, { name: 'test', logger })
  const pipeline = createPipeline(config, { name: 'test', logger })
  t.after(() => Promise.all([db.close(), pipeline.close()]))
  const registry = new Registry()
  observeConnections(registry, { main: db }, pipeline)
  const state = () => linesOf(registry, 'database_')

  const idle = [
    'database_pipeline_in_flight 0',
    'database_pool_connections{pool="main",state="idle"} 0',
    'database_pool_connections{pool="main",state="used"} 0',
    'database_pool_size{pool="main"} 2',
    'database_pool_waiting{pool="main"} 0',
  ]
  assert.deepEqual(await state(), idle)
  const sleep = { name: 'sleep', text: 'SELECT pg_sleep($1)', values: [0.5] }
  const work = [...Array.from({ length: 5 }, () => db.query(sleep)), pipeline.queryTexts(sleep)]
  await until(async () => (await state()).includes('database_pool_connections{pool="main",state="used"} 2'))
  const busy = await state()
  assert.equal(busy[0], 'database_pipeline_in_flight 1')
  assert.equal(busy[4], 'database_pool_waiting{pool="main"} 3')
  await Promise.all(work)
  assert.deepEqual(
    await state(),
    idle.map((line) => line.replace('"idle"} 0', '"idle"} 2')),
  )
})

test('a client reports how each call ended, and whether calls are suspended', async (t) => {
  const agent = new MockAgent()
  agent.disableNetConnect()
  t.after(() => agent.close())
  const registry = new Registry()
  const config = { upstreamTimeoutMs: 200, upstreamBreakerThreshold: 3, upstreamBreakerOpenMs: 60_000 }
  const metrics = createClientMetrics(registry)
  const client = createServiceClient({
    name: 'thing',
    baseUrl: 'http://things.test',
    config,
    metrics,
    dispatcher: agent,
  })
  const upstream = agent.get('http://things.test')
  const read = { schema: Type.Object({ id: Type.String() }), resource: 'thing' }
  const get = (path: string) => client.get(path, read, { requestId: 'r', log: logger }).catch(() => undefined)
  const json = { headers: { 'content-type': 'application/json' } }
  upstream.intercept({ path: '/good' }).reply(200, { id: 'a' }, json)
  upstream.intercept({ path: '/invalid' }).reply(200, { id: 1 }, json)
  upstream.intercept({ path: '/missing' }).reply(404, {}, json)
  upstream.intercept({ path: '/broken' }).reply(500, {}, json)
  upstream.intercept({ path: '/slow' }).reply(200, { id: 'a' }, json).delay(2000)
  upstream
    .intercept({ path: '/away' })
    .replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    .times(2)
  const paths = ['/good', '/invalid', '/missing', '/broken', '/slow']
  for (const path of paths) await get(path)
  assert.deepEqual(await linesOf(registry, 'upstream_breaker_open'), [
    'upstream_breaker_open{upstream="thing"} 0',
  ])
  // the third failure in a row; the call after it is not made, so it has no duration
  await get('/away')
  await get('/good')
  assert.deepEqual(
    await linesOf(registry, 'upstream_'),
    [
      'upstream_breaker_open{upstream="thing"} 1',
      ...['answered', 'failed', 'refused', 'timeout', 'unreachable'].map((outcome) => {
        const count = outcome === 'failed' ? 2 : 1
        return `upstream_request_duration_seconds_count{upstream="thing",outcome="${outcome}"} ${count}`
      }),
    ].sort(),
  )
})

test('an issuer whose keys cannot be loaded is reported, and how old its keys are', async (t) => {
  let isDown = true
  const issuer = createTestService()
  issuer.get('/jwks', async (_request, reply) => (isDown ? reply.code(500).send() : testKeySet))
  t.after(() => issuer.close())
  const authJwksUrl = `${await issuer.listen({ port: 0 })}/jwks`
  const registry = new Registry()
  const verify = createConfiguredVerifier(testAuthConfig({ AUTH_JWKS_URL: authJwksUrl }), logger, {
    metrics: registry,
  })
  const token = await signToken({ id: crypto.randomUUID() })
  const state = () => linesOf(registry, 'auth_key_set_')
  const age = async () => Number((await state())[0]?.split(' ')[1])

  await assert.rejects(async () => verify(token))
  assert.deepEqual((await state()).slice(1), [
    'auth_key_set_loads_total{issuer="https://issuer.test",result="failed"} 1',
    'auth_key_set_loads_total{issuer="https://issuer.test",result="loaded"} 0',
  ])
  assert.ok((await age()) > 0.1, 'since the process has started')
  isDown = false
  await until(async () => {
    await Promise.resolve(verify(token)).catch(() => undefined)
    return (await state()).some((line) => line.endsWith('result="loaded"} 1'))
  })
  assert.ok((await age()) < 0.1)
})

async function startRefusing(t: TestContext) {
  const app = createTestService()
  t.after(() => app.close())
  app.register(async (routes) => {
    routes.addHook('onRequest', authenticate(verifyToken))
    routes.get('/things/:id', async () => ({}))
  })
  await app.ready()
  return app
}

test('refusals are counted by status and code, and refused tokens by reason', async (t) => {
  const app = await startRefusing(t)
  const expired = await signToken({ id: crypto.randomUUID() }, { claims: { exp: 1, iat: 0 } })
  for (const authorization of ['Bearer x.y.z', 'Bearer x y', `Bearer ${expired}`, undefined])
    await app.inject({ url: '/things/1', headers: { ...(authorization && { authorization }) } })
  await app.inject('/nowhere')
  await app.inject({ method: 'DELETE', url: '/things/1' })
  assert.deepEqual(await linesOf(app.metrics, 'http_problems_total'), [
    'http_problems_total{status="401",code="invalid_token"} 3',
    'http_problems_total{status="401",code="token_missing"} 1',
    'http_problems_total{status="404",code="route_not_found"} 1',
    'http_problems_total{status="405",code="method_not_allowed"} 1',
  ])
  assert.deepEqual(await linesOf(app.metrics, 'auth_tokens_refused_total'), [
    'auth_tokens_refused_total{reason="expired"} 1',
    'auth_tokens_refused_total{reason="malformed"} 2',
  ])
})
