import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { request } from 'undici'
import { gateways, type LocalGateway, startService } from './local-gateways.ts'

/** An order of a list, of which no two have much in common that matters. */
function order() {
  const id = randomUUID()
  const at = new Date(1.7e12 + Math.random() * 1e11).toISOString()
  return {
    id,
    number: id.slice(-11).toUpperCase(),
    version: 1,
    userId: '0190a000-0000-7000-8000-0000000000a1',
    status: 'paid',
    productId: '0190a000-0000-7000-8000-0000000f0001',
    productName: 'Pour-over kettle',
    itemCount: 1,
    totalAmount: Math.round(Math.random() * 100_000),
    refundedAmount: 0,
    currency: 'EUR',
    createdAt: at,
    updatedAt: at,
  }
}
const list = JSON.stringify({ data: Array.from({ length: 20 }, order) })
const json = { 'content-type': 'application/json; charset=utf-8' }

type Answer = { status?: number; headers?: OutgoingHttpHeaders; body?: string; chunked?: boolean }

for (const { name, start, missing } of gateways) {
  describe(name, { skip: missing }, () => {
    let answer: Answer = {}
    let arrived: IncomingMessage['headers'] = {}
    let service: Awaited<ReturnType<typeof startService>>
    let gateway: LocalGateway

    before(async () => {
      service = await startService(({ headers }, response) => {
        arrived = headers
        const { status = 200, body = list, chunked = false } = answer
        response.writeHead(status, {
          ...json,
          ...(!chunked && { 'content-length': Buffer.byteLength(body) }),
          ...answer.headers,
        })
        response.end(body)
      })
      gateway = await start(service.ports)
    })
    after(async () => {
      await gateway.stop()
      await service.stop()
    })

    async function ask(
      path: string,
      {
        method = 'GET',
        encodings = 'gzip, br',
      }: { method?: 'GET' | 'HEAD' | 'POST'; encodings?: string } = {},
    ) {
      const { statusCode, headers, body } = await request(`http://127.0.0.1:${gateway.port}${path}`, {
        method,
        headers: { 'accept-encoding': encodings },
      })
      return { status: statusCode, headers, bytes: Buffer.from(await body.arrayBuffer()) }
    }

    /** Asserts that the answer to this request comes as the service sent it. */
    async function assertUnchanged(...[path, options]: Parameters<typeof ask>) {
      const { headers, bytes } = await ask(path, options)
      assert.equal(headers['content-encoding'], answer.headers?.['content-encoding'])
      assert.equal(bytes.toString(), answer.body ?? list)
    }

    test('a list takes less than a fifth of its size, whether its length is known or not', async () => {
      for (const chunked of [false, true]) {
        answer = { chunked, headers: { etag: '"3"' } }
        const { headers, bytes } = await ask('/orders')
        assert.deepEqual([headers['content-encoding'], headers.vary], ['gzip', 'Accept-Encoding'])
        assert.ok(list.length > 7000 && bytes.length < list.length / 5, `${list.length} to ${bytes.length}`)
        assert.equal(gunzipSync(bytes).toString(), list)
        // other bytes, so no longer the same strong tag
        assert.equal(headers.etag, 'W/"3"')
        assert.match(String(headers['content-length'] ?? bytes.length), new RegExp(`^${bytes.length}$`))
      }
      assert.equal(arrived['accept-encoding'], undefined)
    })

    test('errors with much to say are compressed too, and weak tags stay as they are', async () => {
      answer = { status: 404, headers: { 'content-type': 'application/problem+json', etag: 'W/"3"' } }
      const { status, headers } = await ask('/products/1')
      assert.deepEqual([status, headers['content-encoding'], headers.etag], [404, 'gzip', 'W/"3"'])
    })

    test('HEAD tells the same as GET', async () => {
      answer = { headers: { etag: '"3"' } }
      const { headers, bytes } = await ask('/orders', { method: 'HEAD' })
      assert.deepEqual(
        [headers['content-encoding'], headers.vary, headers.etag, headers['content-length'], bytes.length],
        ['gzip', 'Accept-Encoding', 'W/"3"', undefined, 0],
      )
    })

    test('a client that does not accept gzip gets the bytes, with Vary', async () => {
      answer = {}
      for (const encodings of ['', 'identity', 'br', 'gzip;q=0', 'gzip; q=0.0, br', 'xgzip', '*']) {
        await assertUnchanged('/orders', { encodings })
        assert.equal((await ask('/orders', { encodings })).headers.vary, 'Accept-Encoding')
      }
      for (const encodings of ['gzip', 'br;q=1, gzip;q=0.5', 'deflate,gzip'])
        assert.equal((await ask('/orders', { encodings })).headers['content-encoding'], 'gzip', encodings)
    })

    test('what is small, already encoded, an export, a stream or a success of a POST is not compressed', async () => {
      for (answer of [
        { body: 'x'.repeat(999) },
        { headers: { 'content-encoding': 'br' } },
        { headers: { 'content-type': 'text/csv; charset=utf-8' } },
        { headers: { 'content-type': 'application/x-ndjson' } },
        { headers: { 'content-type': 'text/event-stream' } },
        { status: 201 },
      ])
        await assertUnchanged('/orders')
      answer = { headers: { 'content-type': 'text/event-stream' } }
      await assertUnchanged('/orders/stream')
    })

    test('answers with tokens are not compressed, however long', async () => {
      answer = {}
      for (const path of ['/users/login', '/users/login/?a=b', '/users/refresh', '/users/refresh/'])
        await assertUnchanged(path, { method: 'POST' })
      assert.equal((await ask('/users/refreshx', { method: 'POST' })).headers['content-encoding'], 'gzip')
    })
  })
}
