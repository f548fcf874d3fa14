import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { requestText } from '@shop/gateway/test/case'
import { cases } from '@shop/gateway/test/cases'
import { refused } from '@shop/gateway/test/framing'
import { baseUrl, call } from './shop-client.ts'

// the cases that the gateways answer themselves: requests that reach a service cannot be seen from here
for (const [what, request] of Object.entries(cases)) {
  if ('arrives' in request) continue
  test(what, async () => {
    const { status, body } = await rawRequest(requestText(request))
    assert.deepEqual([status, body.code], [request.status, request.code])
  })
}

for (const [what, request] of Object.entries(refused)) {
  test(`${what} is refused`, async () => {
    const { status, body } = await rawRequest(request)
    assert.deepEqual([status, body.status, body.code], [400, 400, 'bad_request'])
  })
}

test('the pages are served with all that they load, compressed and for good', async () => {
  for (const path of ['/', '/desk/orders']) {
    const page = await call(path)
    assert.equal(page.status, 200)
    const assets = [...page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(
      ([, asset]) => asset as string,
    )
    assert.ok(
      assets.some((asset) => asset.endsWith('.js')) && assets.some((asset) => asset.endsWith('.css')),
      page.text,
    )
    for (const asset of assets) {
      const { status, headers } = await call(asset)
      assert.equal(status, 200, asset)
      assert.equal(headers.get('content-encoding'), 'gzip')
      assert.match(headers.get('cache-control') ?? '', /immutable/)
    }
  }
})

test('private paths cannot be reached below a public path', async () => {
  for (const path of ['/orders/metrics', '/products/metrics', '/users/docs'])
    assert.ok([400, 401].includes((await call(path)).status), path)
})

test('the public keys are public, the private ones are not', async () => {
  const { status, body } = await call('/.well-known/jwks.json')
  assert.equal(status, 200)
  assert.ok(body.keys.length > 0)
  for (const key of body.keys) assert.ok(key.kid && key.x && !('d' in key))
})

test('a request id is echoed, or replaced if it is missing or unsafe', async () => {
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

test('the answers do not reveal the software behind them', async () => {
  const { headers } = await call('/products?limit=1')
  assert.doesNotMatch(headers.get('server') ?? '', /\d/)
  assert.equal(headers.get('x-powered-by'), null)
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
})

/** Returns the first answer to a request sent as written, in Latin-1: fetch would normalise it. */
async function rawRequest(request: string) {
  const { hostname, port } = baseUrl()
  const socket = connect(Number(port || 80), hostname)
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')))
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.write(request, 'latin1')
  // the gateway may end the connection while we are still sending
  await once(socket, 'close').catch((error: NodeJS.ErrnoException) =>
    assert.ok(error.code && answer, error.message),
  )
  const [head = '', rest = ''] = answer.split('\r\n\r\n', 2)
  // without the chunk sizes; a page has no code
  const isJson = /^content-type: application\/(?:problem\+)?json\b/im.test(head)
  const body = isJson ? JSON.parse(rest.slice(rest.indexOf('{'), rest.lastIndexOf('}') + 1)) : {}
  return { status: Number(head.split(' ')[1]), body }
}
