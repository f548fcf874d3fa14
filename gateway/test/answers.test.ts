import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { exchange } from './exchange.ts'
import { gateways, type LocalGateway } from './local-gateways.ts'

type Answer = (response: ServerResponse, request: IncomingMessage) => unknown

const megabyte = Buffer.alloc(1024 ** 2, 'all orders of one user; ')

function* megabytes(count: number, each?: () => void) {
  for (let made = 0; made < count; made++) {
    each?.()
    yield megabyte
  }
}

async function digest(parts: Iterable<Buffer> | AsyncIterable<Buffer>) {
  const hash = createHash('sha256')
  for await (const part of parts) hash.update(part)
  return hash.digest('hex')
}

for (const { name, start, missing } of gateways) {
  describe(name, { skip: missing }, () => {
    let answer: Answer
    let gateway: LocalGateway
    const service = createServer((request, response) => answer(response, request))

    before(async () => {
      await once(service.listen(0, '127.0.0.1'), 'listening')
      const { port } = service.address() as AddressInfo
      gateway = await start({ user: port, product: port, order: port, relay: port })
    })
    after(async () => {
      await gateway.stop()
      service.closeAllConnections()
      await new Promise((resolve) => service.close(resolve))
    })

    const request = (target: string, version = '1.1', headers = '') =>
      exchange(
        gateway.port,
        `GET ${target} HTTP/${version}\r\nHost: shop\r\n${headers}Connection: close\r\n\r\n`,
      )

    /** Resolves to the answer to GET `target`, as soon as its headers are there. */
    async function open(target: string): Promise<IncomingMessage> {
      const [response] = await once(
        get(`http://127.0.0.1:${gateway.port}${target}`, { agent: false }),
        'response',
      )
      return response
    }

    test('headers of an answer come through unchanged, and none is added', async () => {
      const headers = {
        ETag: ['"3"'],
        'Set-Cookie': ['refresh=a.b-c; Path=/users; HttpOnly; Secure; SameSite=Strict', 'other=; Max-Age=0'],
        'Content-Disposition': [
          `attachment; filename="orders.csv"; filename*=UTF-8''bestellungen%20%C3%A4.csv`,
        ],
        'Content-Type': ['text/csv; charset=utf-8; header=present'],
        Vary: ['Accept'],
        'Cache-Control': ['no-store'],
      }
      answer = (response) => response.writeHead(200, headers).end('a,b\r\n'.repeat(1000))
      const text = await request('/orders/export', '1.1', 'Accept-Encoding: gzip, br\r\n')
      const [head = ''] = text.split('\r\n\r\n')
      for (const [name, values] of Object.entries(headers)) {
        const received = [...head.matchAll(new RegExp(`^${name}: (.*)$`, 'gim'))].map(([, value]) => value)
        assert.deepEqual(received, values)
      }
      assert.doesNotMatch(head, /^content-encoding:/im)
    })

    test('the limits of a service reach the client, and at nginx its own beside them', async () => {
      const headers = { 'ratelimit-policy': '"address";q=300;w=60', ratelimit: '"address";r=299;t=1' }
      answer = (response) => response.writeHead(200, headers).end('{}')
      const text = await request('/users/login')
      assert.match(text, /^ratelimit-policy: "address";q=300;w=60\r$/im)
      assert.match(text, /^ratelimit: "address";r=299;t=1\r$/im)
      const policies = [...text.matchAll(/^ratelimit-policy: "(\w+)"/gim)].map(([, policy]) => policy)
      assert.deepEqual(policies.sort(), name === 'nginx' ? ['address', 'gateway'] : ['address'])
    })

    test('304 passes without a body, with its ETag', async () => {
      answer = (response, { headers }) =>
        response.writeHead(headers['if-none-match'] === 'W/"4"' ? 304 : 200, { etag: 'W/"4"' }).end()
      const text = await request('/products/1', '1.1', 'If-None-Match: W/"4"\r\nAccept-Encoding: gzip\r\n')
      assert.match(text, /^HTTP\/1\.1 304 [\s\S]*\r\netag: W\/"4"\r\n[\s\S]*\r\n\r\n$/i)
    })

    test('a weak ETag stays weak, and If-Match is for the service to compare', async () => {
      answer = (response) => response.writeHead(200, { etag: 'W/"4"' }).end('{}')
      const text = await request('/orders/1', '1.1', 'If-Match: "3"\r\nIf-None-Match: W/"4"\r\n')
      assert.match(text, /^HTTP\/1\.1 200 [\s\S]*\r\netag: W\/"4"\r\n/i)
    })

    test('a long answer waits for a slow reader and arrives whole', async () => {
      const size = 128
      let written = 0
      answer = (response) =>
        pipeline(
          megabytes(size, () => written++),
          response,
        )
      const response = await open('/orders/export')
      // until everything between the service and the reader is full
      for (let before = -1; before !== written; await setTimeout(500)) before = written
      assert.ok(written < size / 2, `${written} MB were buffered`)

      assert.equal(await digest(response), await digest(megabytes(size)))
    })

    for (const [what, headers, breakOff] of [
      ['in chunks', {}, 'destroy'],
      ['in chunks, by a reset', {}, 'resetAndDestroy'],
      ['by its length', { 'content-length': 8 * megabyte.length }, 'destroy'],
      ['by its length, by a reset', { 'content-length': 8 * megabyte.length }, 'resetAndDestroy'],
    ] as const) {
      for (const parts of [1, 4]) {
        test(`an answer ${what} that breaks off after ${parts} MB looks broken`, async () => {
          answer = async (response, { socket }) => {
            response.writeHead(200, { 'content-type': 'application/x-ndjson', ...headers })
            await pipeline(megabytes(parts), response, { end: false })
            await setTimeout(50)
            socket[breakOff]()
          }
          const response = await open('/admin/exports/download?token=abc')
          await assert.rejects(digest(response))
          assert.doesNotMatch(await request('/orders/export'), /\r\n0\r\n\r\n$/)
        })
      }
    }

    test('an answer that breaks off after its headers looks broken', async () => {
      answer = async (response, { socket }) => {
        response.writeHead(200).flushHeaders()
        await setTimeout(50)
        socket.destroy()
      }
      assert.doesNotMatch(await request('/orders/export'), /\r\n0\r\n\r\n$/)
      const response = await open('/orders/export')
      assert.equal(response.statusCode, 200)
      await assert.rejects(digest(response))
    })

    test('a client that goes away ends the request to the service', async () => {
      for (const begun of [true, false]) {
        const { promise: ended, resolve: end } = Promise.withResolvers<boolean>()
        const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
        answer = async (response) => {
          response.once('close', () => end(response.writableFinished))
          arrive()
          if (!begun) return
          response.writeHead(200)
          await pipeline(megabytes(Number.POSITIVE_INFINITY), response).catch(() => undefined)
        }
        const client = connect(gateway.port, '127.0.0.1')
        client.write('GET /orders/export HTTP/1.1\r\nHost: shop\r\n\r\n')
        await arrived
        if (begun) await once(client, 'data')
        client.destroy()
        assert.equal(await ended, false)
      }
    })

    test('a stream comes event by event, as it is, whatever encodings the client accepts', async () => {
      const { promise: sent, resolve: send } = Promise.withResolvers<ServerResponse>()
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('retry: 1000\n\n')
        send(response)
      }
      const opening = get(`http://127.0.0.1:${gateway.port}/orders/stream`, {
        agent: false,
        headers: { 'accept-encoding': 'gzip, br' },
      })
      const [stream] = (await once(opening, 'response')) as [IncomingMessage]
      assert.equal(stream.headers['content-encoding'], undefined)
      let text = ''
      stream.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      const response = await sent
      // each waits for the one before, which a buffer would keep back
      for (let event = 1; event <= 5; event++) {
        response.write(`id: ${event}\n\n`)
        while (!text.endsWith(`id: ${event}\n\n`)) await setTimeout(5)
      }
      response.end()
      await once(stream, 'end')
      assert.equal(text, 'retry: 1000\n\nid: 1\n\nid: 2\n\nid: 3\n\nid: 4\n\nid: 5\n\n')
    })

    test('a client that leaves a stream ends the request to the service', async () => {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>()
      answer = (response) => {
        response.once('close', end)
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n')
      }
      const stream = await open('/orders/stream')
      stream.destroy()
      await ended
    })

    test('more streams than connections for all else are open at the same time', async () => {
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n')
      }
      const streams: IncomingMessage[] = []
      for (let opened = 0; opened < 200; opened++) streams.push(await open('/orders/stream'))
      answer = (response) => response.end('{}')
      assert.match(await request('/orders'), /^HTTP\/1\.1 200 /)
      for (const stream of streams) stream.destroy()
    })

    test('a client of HTTP/1.0 gets no chunks', async () => {
      answer = (response) => {
        response.writeHead(200, { 'content-type': 'text/csv' })
        response.write('a,b\r\n')
        response.end('1,2\r\n')
      }
      const [head, body] = (await request('/orders/export', '1.0')).split(/\r\n\r\n/)
      assert.match(head ?? '', /^HTTP\/1\.[01] 200 /)
      assert.doesNotMatch(head ?? '', /^transfer-encoding:/im)
      assert.equal(body, 'a,b\r\n1,2\r\n')
    })
  })
}
