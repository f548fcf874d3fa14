import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { assertProblem, baseUrl, call } from './shop-client.ts'

test('the gateway has a health check of its own', async () => {
  const answer = await call('/healthz')
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, { status: 'ok' })
})

test('the public keys are public, the private ones are not', async () => {
  const { status, body } = await call('/.well-known/jwks.json')
  assert.equal(status, 200)
  assert.ok(body.keys.length > 0)
  for (const key of body.keys) assert.ok(key.kid && key.x && !('d' in key))
})

test('nothing else of the services can be reached', async () => {
  const paths = ['/', '/metrics', '/docs', '/docs/json', '/openapi.json', '/readyz', '/usersx', '/ORDERS']
  for (const path of [...paths, '/.well-known/other', '/.well-known', '/problem']) {
    assertProblem(await call(path), 404, 'route_not_found')
  }
  for (const path of ['/orders/metrics', '/products/metrics', '/users/docs']) {
    assert.ok([400, 401].includes((await call(path)).status), path)
  }
})

test('a path that two readers could take for two is refused', async () => {
  const targets = [
    '/orders/../metrics',
    '/orders/..',
    '/orders/./1',
    '/orders/%2e%2e/metrics',
    '/orders/..%2fmetrics',
    '/orders%2f..%2fmetrics',
    '/orders/%252e%252e/metrics',
    '/%6frders',
    '/orders/%zz',
    '/orders/%00',
    '//orders',
    '/orders//1',
    '/orders\\..\\metrics',
    '/orders/..;/metrics',
    '/orders#/../metrics',
    '/.git/orders',
    'http://127.0.0.1/orders',
    'orders',
    '*',
  ]
  for (const target of targets) {
    const { status, body } = await rawRequest(
      `GET ${target} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`,
    )
    assert.deepEqual([status, body.status, body.code], [400, 400, 'bad_request'], target)
  }
})

test('a request whose end is unclear is refused', async () => {
  const both =
    'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: shop\r\n\r\n'
  const twice = 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'
  const odd = 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'
  for (const rest of [both, twice, odd]) {
    const { status, body } = await rawRequest(
      `POST /orders HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n${rest}`,
    )
    assert.deepEqual([status, body.code], [400, 'bad_request'], rest)
  }
})

test('headers and bodies have limits', async () => {
  const long = await rawRequest(`GET /orders HTTP/1.1\r\nHost: shop\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`)
  assert.deepEqual([long.status, long.body.code], [431, 'headers_too_large'])
  const large = await call('/users/login', { json: `"${'x'.repeat(65_536)}"` })
  assertProblem(large, 413, 'body_too_large')
})

test('the id of a request is echoed, or made when it is missing or unfit', async () => {
  for (const path of ['/healthz-not', '/products?limit=1', '/orders']) {
    const kept = await call(path, { headers: { 'x-request-id': 'e2e:1.a-B_2' } })
    assert.equal(kept.headers.get('x-request-id'), 'e2e:1.a-B_2')
    for (const unfit of ['', 'a b', 'a"b', 'x'.repeat(129)]) {
      const made = (await call(path, { headers: { 'x-request-id': unfit } })).headers.get('x-request-id')
      assert.match(made ?? '', /^[\w.:-]{1,128}$/)
      assert.notEqual(made, unfit)
    }
  }
})

test('the answers do not say what they are made with', async () => {
  const { headers } = await call('/products?limit=1')
  assert.doesNotMatch(headers.get('server') ?? '', /\d/)
  assert.equal(headers.get('x-powered-by'), null)
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
})

/** What fetch would put in order before it sends it. */
async function rawRequest(request: string) {
  const { hostname, port } = baseUrl()
  const socket = connect(Number(port || 80), hostname)
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')))
  socket.write(request)
  const answer = await text(socket)
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2)
  assert.match(head, /content-type: application\/problem\+json/i, request.slice(0, 60))
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body) }
}
