import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { readConfig } from '../../src/config.ts'
import { UnauthorizedError } from '../../src/errors.ts'
import { corsSettings, exposedHeaders } from '../../src/http/cors.ts'
import { createTestService } from '../app.ts'

const app = 'https://app.example.com'

/** Returns how to ask a service with this setting: for status and headers of CORS. */
async function start(t: TestContext, corsOrigins?: string) {
  const service = createTestService(readConfig(corsSettings, { CORS_ORIGINS: corsOrigins }))
  t.after(() => service.close())
  service.get('/things', async () => ({}))
  service.get('/mine', async () => {
    throw new UnauthorizedError('token_missing', 'no')
  })
  return async (method: 'GET' | 'OPTIONS' | 'PATCH', url: string, headers: Record<string, string>) => {
    const answer = await service.inject({ method, url, headers })
    const entries = Object.entries(answer.headers).filter(([name]) => /^access-control|^vary$/.test(name))
    return { status: answer.statusCode, headers: Object.fromEntries(entries) }
  }
}

const readable = {
  'access-control-allow-credentials': 'true',
  'access-control-allow-origin': app,
  'access-control-expose-headers': exposedHeaders,
  vary: 'Origin',
}
const asks = { origin: app, 'access-control-request-method': 'PATCH' }

test('without the setting, a service has no such headers and no preflights', async (t) => {
  const ask = await start(t)
  assert.deepEqual(await ask('GET', '/things', { origin: app }), { status: 200, headers: {} })
  assert.deepEqual(await ask('OPTIONS', '/things', asks), { status: 405, headers: {} })
})

test('a listed origin may read every answer', async (t) => {
  const ask = await start(t, `http://localhost:5173,${app}`)
  for (const [method, url, status] of [
    ['GET', '/things', 200],
    ['GET', '/mine', 401],
    ['GET', '/nowhere', 404],
    ['PATCH', '/things', 405],
    ['GET', '/things/%ff', 400],
  ] as const)
    assert.deepEqual(await ask(method, url, { origin: app }), { status, headers: readable }, url)
  assert.deepEqual(await ask('GET', '/things', { origin: 'https://evil.example' }), {
    status: 200,
    headers: { vary: 'Origin' },
  })
})

test('its preflight is answered 204, another OPTIONS as before', async (t) => {
  const ask = await start(t, app)
  const { status, headers } = await ask('OPTIONS', '/things', asks)
  assert.equal(status, 204)
  assert.match(String(headers['access-control-allow-methods']), /\bPATCH\b/)
  assert.match(String(headers['access-control-allow-headers']), /\bAuthorization\b/)
  assert.equal(headers['access-control-allow-origin'], app)
  assert.equal((await ask('OPTIONS', '/things', { origin: app })).status, 405)
  assert.deepEqual(await ask('OPTIONS', '/things', { ...asks, origin: 'https://evil.example' }), {
    status: 405,
    headers: { vary: 'Origin' },
  })
})

test('* never comes with credentials', async (t) => {
  const ask = await start(t, '*')
  for (const method of ['GET', 'OPTIONS'] as const) {
    const { headers } = await ask(method, '/things', asks)
    assert.deepEqual(
      [headers['access-control-allow-origin'], headers['access-control-allow-credentials']],
      ['*', undefined],
    )
  }
})

test('a refusal of excess load can be read too', async (t) => {
  const service = createTestService({ corsOrigins: [app], limits: { maxReads: 0, maxWrites: 0 } })
  t.after(() => service.close())
  const url = await service.listen({ port: 0, host: '127.0.0.1' })
  const { status, headers } = await fetch(url, { headers: { origin: app } })
  assert.equal(status, 503)
  for (const [name, value] of Object.entries(readable)) assert.equal(headers.get(name), value)
  const other = await fetch(url, { headers: { origin: 'https://evil.example' } })
  assert.deepEqual(
    [other.status, other.headers.get('vary'), other.headers.get('access-control-allow-origin')],
    [503, 'Origin', null],
  )
})

test('a preflight whose end is unclear is refused, and the connection closed', async (t) => {
  const service = createTestService({ corsOrigins: [app] })
  t.after(() => service.close())
  const { statusCode, headers } = await service.inject({
    method: 'OPTIONS',
    url: '/healthz',
    headers: { ...asks, 'transfer-encoding': 'xchunked' },
  })
  assert.deepEqual([statusCode, headers.connection], [400, 'close'])
})
