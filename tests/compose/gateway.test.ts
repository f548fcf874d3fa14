import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { assertProblem, call } from '../e2e/shop-client.ts'
import { createProject } from './compose.ts'

const { compose, docker, name } = await createProject({})

describe('nginx, in front of services that echo', { timeout: 10 * 60_000 }, () => {
  const echoes = [`${name}-echo-1`, `${name}-echo-2`]
  const gateway = `${name}-gateway`

  before(async () => {
    await compose('build', 'gateway', 'order')
    await docker('network', 'create', name)
    const aliases = ['user', 'product', 'order', 'relay'].flatMap((service) => ['--network-alias', service])
    const script = join(import.meta.dirname, 'echo-service.mts')
    const run = ['run', '--detach', '--network', name]
    for (const echo of echoes) {
      const mount = ['--volume', `${script}:/echo-service.mts:ro`]
      await docker(
        ...run,
        '--name',
        echo,
        ...aliases,
        ...mount,
        'order-stack/order:local',
        '/echo-service.mts',
      )
    }
    const options = ['--read-only', '--tmpfs', '/tmp', '--publish', '127.0.0.1::8080']
    await docker(...run, '--name', gateway, ...options, 'order-stack/gateway:local')
    process.env.E2E_BASE_URL = `http://${await docker('port', gateway, '8080')}`
    await setTimeout(2000)
  })

  after(async () => {
    await docker('rm', '--force', '--volumes', gateway, ...echoes)
    await docker('network', 'rm', name)
  })

  /** Returns how often the services received that request, once the engine has taken over their output. */
  async function arrivals(line: string): Promise<number> {
    const count = async () => {
      const logs = await Promise.all(echoes.map((echo) => docker('logs', echo)))
      return logs.flatMap((log) => log.split('\n')).filter((logged) => logged === line).length
    }
    for (let before = await count(); ; ) {
      await setTimeout(300)
      const now = await count()
      if (now === before) return now
      before = now
    }
  }

  test('each prefix leads to its service, with path and query unchanged', async () => {
    const cases = [
      ['/users', 3001],
      ['/users/me?next=%2Forders&x=..%2F', 3001],
      ['/.well-known/jwks.json', 3001],
      ['/products?limit=5', 3002],
      ['/orders', 3003],
      ['/orders/', 3003],
      ['/orders/0190a000-0000-7000-8000-000000000001', 3003],
    ] as const
    for (const [path, port] of cases) {
      const { body } = await call(path)
      assert.deepEqual([body.port, body.url], [port, path])
    }
  })

  test('headers about the caller itself arrive, headers that could impersonate others do not', async () => {
    const kept = {
      authorization: 'Bearer abc',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1',
      'idempotency-key': randomUUID(),
      'if-match': 'W/"3"',
      accept: 'text/csv',
      'x-request-id': randomUUID(),
    }
    const forged = {
      forwarded: 'for=6.6.6.6',
      'x-forwarded-host': 'evil.example',
      'x-real-ip': '6.6.6.6',
      'x-user-id': 'admin',
      'x-user-role': 'admin',
      x_user_id: 'admin',
      'x-original-url': '/metrics',
      'proxy-authorization': 'Basic abc',
      cookie: 'a=1',
    }
    const addresses = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https' }
    const json = { productId: 1 }
    const { body, headers } = await call('/orders', { headers: { ...kept, ...forged, ...addresses }, json })
    assert.partialDeepStrictEqual(body.headers, kept)
    assert.equal(body.headers['content-type'], 'application/json')
    assert.deepEqual(JSON.parse(body.body), json)
    assert.deepEqual(
      Object.keys(forged).filter((header) => header in body.headers),
      [],
    )
    assert.match(body.headers['x-forwarded-for'], /^\d+\.\d+\.\d+\.\d+$/)
    assert.notEqual(body.headers['x-forwarded-for'], '6.6.6.6')
    assert.equal(body.headers['x-forwarded-proto'], 'http')
    // once, and the gateway's
    assert.equal(headers.get('x-request-id'), kept['x-request-id'])
  })

  test('a refresh cookie arrives where it is read, and nowhere else', async () => {
    const headers = { cookie: 'refresh=a.b-c' }
    for (const [path, cookie] of [
      ['/users/refresh', headers.cookie],
      ['/users/logout', headers.cookie],
      ['/users/me', undefined],
      ['/orders/1/cancel', undefined],
      ['/admin/orders/1/pay', undefined],
    ]) {
      const { body } = await call(path as string, { headers, json: {} })
      assert.equal(body.headers.cookie, cookie, path)
    }
  })

  test('a lost request is sent again only if it may be sent twice', async () => {
    const lost = { 'user-agent': 'break' }
    // the gateway has added its own key
    assertProblem(await call('/orders?unkeyed', { headers: lost, json: {} }), 502, 'bad_gateway')
    assert.equal(await arrivals('POST /orders?unkeyed'), 2)
    const keyed = { ...lost, 'idempotency-key': randomUUID() }
    assertProblem(await call('/orders?keyed', { headers: keyed, json: {} }), 502, 'bad_gateway')
    assert.equal(await arrivals('POST /orders?keyed'), 2)
    assertProblem(await call('/users/register?keyed', { headers: keyed, json: {} }), 502, 'bad_gateway')
    assert.equal(await arrivals('POST /users/register?keyed'), 1)
    assertProblem(await call('/products?read', { headers: lost }), 502, 'bad_gateway')
    assert.equal(await arrivals('GET /products?read'), 2)
    for (const path of ['/orders/1/cancel?keyed', '/admin/orders/1/pay?keyed']) {
      assertProblem(await call(path, { headers: lost, json: {} }), 502, 'bad_gateway')
      assert.equal(await arrivals(`POST ${path}`), 2)
    }
  })

  test('the gateway adds a new key to each order and to nothing else', async () => {
    const keyOf = async (path: string, options: object) => {
      const { body } = await call(path, options)
      return body.headers['x-gateway-idempotency-key']
    }
    const keys = [await keyOf('/orders', { json: {} }), await keyOf('/orders', { json: {} })]
    for (const key of keys) assert.match(key, /^[0-9a-f]{32}$/)
    assert.notEqual(keys[0], keys[1])
    assert.equal(await keyOf('/orders', {}), undefined)
    assert.equal(await keyOf('/users/register', { json: {} }), undefined)
  })

  test('a service that takes too long gives 504, and the request is not repeated', async () => {
    assertProblem(await call('/orders?slow', { headers: { 'user-agent': 'hang' } }), 504, 'gateway_timeout')
    assert.equal(await arrivals('GET /orders?slow'), 1)
  })

  test('a request that finds no connection goes to another replica, whatever its method', async () => {
    await docker('stop', '--time', '1', echoes[0] as string)
    for (let i = 0; i < 20; i++) assert.equal((await call('/orders?moved', { json: {} })).status, 200)
    assert.equal(await arrivals('POST /orders?moved'), 20)
  })

  test('no secrets are logged', async () => {
    const canary = `canary-${randomUUID()}`
    await call(`/orders?token=${canary}`, { token: canary, headers: { cookie: canary }, json: { canary } })
    assert.doesNotMatch(await docker('logs', gateway), new RegExp(canary))
  })
})
