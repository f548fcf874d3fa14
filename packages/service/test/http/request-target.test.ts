import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { createTestService } from '../app.ts'

test('a path that cannot be decoded is a 400, logged and counted like any request', async (t) => {
  const logLines: string[] = []
  const app = createTestService({ logLines })
  t.after(() => app.close())
  for (const url of ['/%ff', '/a/%zz', '/%', '/%c0%ae', '/%e0%80%80']) {
    const response = await app.inject({ url, headers: { 'x-request-id': 'undecodable' } })
    assert.equal(response.statusCode, 400, url)
    assert.equal(response.json().code, 'bad_request')
    assert.equal(response.headers['x-request-id'], 'undecodable')
  }
  assert.equal(logLines.filter((line) => line.includes('"status":400')).length, 5)
  assert.match((await app.inject('/metrics')).body, /status="400"} 5/)
  assert.equal((await app.inject('/path')).statusCode, 404)
  assert.equal((await app.inject('/%20path')).statusCode, 404)
  assert.equal((await app.inject('/%41')).statusCode, 404)
})

/** Starts a service whose routes answer with what they read. */
async function start(t: TestContext) {
  const app = createTestService()
  app.get('/things', async ({ query, host }) => ({ list: query, host }))
  app.post('/things', async () => ({ made: true }))
  app.get('/things/:id', async ({ params, query }) => ({ ...(params as object), query }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  const { port } = app.server.address() as AddressInfo

  /** Returns the answer to a request sent exactly as given: fetch would normalise it. */
  return async (line: string, headers = 'Host: shop\r\n') => {
    const socket = connect(port, '127.0.0.1')
    socket.write(Buffer.from(`${line} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`, 'latin1'))
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
    return { status: Number(head.split(' ')[1]), head, body: JSON.parse(body) }
  }
}

test('a query that is not UTF-8 in percent-encoding is a 400 invalid_encoding', async (t) => {
  const send = await start(t)
  for (const query of [
    'name=%ff',
    'name=%c3',
    'name=%c3&a=%a9',
    'name=%c0%af',
    'name=%ed%a0%80',
    'name=%zz',
    'name=100%',
    '%ff=1',
  ]) {
    for (const path of ['/things', '/things/1', '/things/']) {
      const { status, body } = await send(`GET ${path}?${query}`)
      assert.deepEqual([status, body.code], [400, 'invalid_encoding'], query)
    }
  }
  const { body } = await send('GET /things?name=%C3%a9%F0%9F%98%80&a+b=1%252')
  assert.deepEqual(body.list, { name: 'é😀', 'a b': '1%2' })
})

test('bytes beyond ASCII in a target are a 400', async (t) => {
  const send = await start(t)
  for (const path of ['/things/\xe9', '/things/\xc3\xa9', '/things?name=\xe9', '/things?name=\xc3\xa9']) {
    const { status, body } = await send(`GET ${path}`)
    assert.deepEqual([status, body.code], [400, 'bad_request'])
  }
})

test('one slash at the end of a path changes nothing, for any method', async (t) => {
  const send = await start(t)
  for (const query of ['', '?a=b']) {
    for (const [line, path] of [
      ['GET /things', '/things'],
      ['POST /things', '/things'],
      ['GET /things/1', '/things/1'],
      ['GET /healthz', '/healthz'],
      ['GET /openapi.json', '/openapi.json'],
    ] as const) {
      const without = await send(line + query)
      const withSlash = await send(`${line}/${query}`)
      assert.equal(without.status, 200, path)
      assert.deepEqual([withSlash.status, withSlash.body], [without.status, without.body])
    }
  }
  const { status, head } = await send('DELETE /things/')
  assert.equal(status, 405)
  assert.match(head, /^allow: GET, HEAD, POST$/im)
})

test('a path with two slashes is not found', async (t) => {
  const send = await start(t)
  for (const line of ['GET /things//', 'POST /things//', 'GET //', 'GET //things/', 'GET /things/1//'])
    assert.equal((await send(line)).status, 404, line)
})

test('the absolute form is understood, and its host takes the place of the Host header', async (t) => {
  const send = await start(t)
  for (const [target, host] of [
    ['http://shop.example/things', 'shop.example'],
    ['HTTP://Shop.example:8080/things/', 'Shop.example:8080'],
    ['https://shop.example/things', 'shop.example'],
    ['http://[::1]:80/things', '[::1]:80'],
  ] as const) {
    const { status, body } = await send(`GET ${target}?a=b`, 'Host: other.example\r\n')
    assert.deepEqual([status, body], [200, { list: { a: 'b' }, host }], target)
  }
  for (const target of ['http://shop', 'http://shop?a=b', 'http://shop/'])
    assert.equal((await send(`GET ${target}`)).body.code, 'route_not_found', target)
  const { status, body } = await send('GET http://shop/things', '')
  assert.deepEqual([status, body.code], [400, 'bad_request'])
})

test('an absolute form of another scheme, or of no host, is a 400', async (t) => {
  const send = await start(t)
  for (const target of [
    'ftp://shop/things',
    'http:///things',
    'http://a@shop/things',
    'http://a_b/things',
    'http://',
  ])
    assert.equal((await send(`GET ${target}`)).body.code, 'bad_request', target)
  assert.equal((await send('OPTIONS *')).body.code, 'bad_request')
})
