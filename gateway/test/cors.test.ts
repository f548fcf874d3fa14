import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { exposedHeaders } from '@shop/service/http/cors'
import { exchange } from './exchange.ts'
import { gateways, type LocalGateway, startService } from './local-gateways.ts'

const app = 'https://app.example.com'
const local = 'http://localhost:5173'

const preflight = 'Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n'

const allowed = (origin: string) => [
  'access-control-allow-credentials: true',
  `access-control-allow-origin: ${origin}`,
  `access-control-expose-headers: ${exposedHeaders}`,
  'vary: Origin',
]
const preflightAnswer = [
  'access-control-allow-headers: Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Traceparent, Tracestate, X-Request-ID',
  'access-control-allow-methods: GET, HEAD, POST, PATCH, DELETE',
  'access-control-max-age: 7200',
]

for (const { name, start, missing } of gateways) {
  describe(name, { skip: missing }, () => {
    let service: Awaited<ReturnType<typeof startService>>
    let arrived: string[] = []
    const started: LocalGateway[] = []

    before(async () => {
      service = await startService((request, response) => {
        arrived.push(`${request.method} ${request.url} ${request.headers.origin ?? ''}`)
        if (request.url === '/orders/broken') return request.socket.destroy()
        // as a service does that has the setting too
        if (request.url === '/orders/own')
          response.setHeaders(
            new Headers({
              vary: 'Accept, Origin',
              'access-control-allow-origin': 'https://other.example',
              'access-control-allow-credentials': 'true',
              'access-control-expose-headers': 'X-Other',
              'access-control-allow-methods': 'PUT',
              'access-control-allow-headers': 'X-Other',
              'access-control-max-age': '1',
            }),
          )
        response.end('{}')
      })
    })
    after(async () => {
      for (const gateway of started) await gateway.stop()
      await service.stop()
    })

    /** Starts a gateway with this setting, and returns how to ask it: for status and headers of CORS, in order. */
    async function startWith(corsOrigins: string) {
      const gateway = await start(service.ports, { corsOrigins })
      started.push(gateway)
      return async (line: string, headers: string) => {
        arrived = []
        const [head = ''] = (
          await exchange(
            gateway.port,
            `${line} HTTP/1.1\r\nHost: shop\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`,
          )
        ).split('\r\n\r\n')
        const [status = '', ...lines] = head.split('\r\n')
        const named = lines
          .map((text) => text.replace(/^[^:]+/, (header) => header.toLowerCase()))
          .filter((text) => /^(?:access-control-|vary:)/.test(text))
        return { status: Number(status.split(' ')[1]), headers: named.sort() }
      }
    }

    test('without the setting no answer has these headers, and OPTIONS is for the service', async () => {
      const ask = await startWith('')
      assert.deepEqual(await ask('GET /orders', `Origin: ${app}\r\n`), { status: 200, headers: [] })
      assert.deepEqual(await ask('OPTIONS /orders', `Origin: ${app}\r\n${preflight}`), {
        status: 200,
        headers: [],
      })
      assert.deepEqual(arrived, ['OPTIONS /orders '])
    })

    describe('with two origins', () => {
      let ask: Awaited<ReturnType<typeof startWith>>
      before(async () => {
        ask = await startWith(`${app}, ${local}`)
      })

      test('a preflight of a listed origin is answered 204, for any path and without the service', async () => {
        for (const origin of [app, local]) {
          for (const path of ['/orders', '/admin/orders/1/pay', '/nowhere', '/healthz', '/orders/../x'])
            assert.deepEqual(
              await ask(`OPTIONS ${path}`, `Origin: ${origin}\r\n${preflight}`),
              { status: 204, headers: [...preflightAnswer, ...allowed(origin)].sort() },
              path,
            )
        }
        assert.deepEqual(arrived, [])
      })

      test('a preflight of another origin is an ordinary OPTIONS', async () => {
        for (const origin of [
          'https://evil.example',
          `${app}.evil.example`,
          'https://appxexample.com',
          'null',
        ])
          assert.deepEqual(await ask('OPTIONS /orders', `Origin: ${origin}\r\n${preflight}`), {
            status: 200,
            headers: ['vary: Origin'],
          })
        assert.deepEqual(arrived, ['OPTIONS /orders '])
      })

      test('so is an OPTIONS that is no preflight', async () => {
        const answer = { status: 200, headers: allowed(app) }
        assert.deepEqual(await ask('OPTIONS /orders', `Origin: ${app}\r\n`), answer)
        assert.deepEqual(await ask('OPTIONS /orders', preflight), { status: 200, headers: ['vary: Origin'] })
      })

      for (const [line, status] of [
        ['GET /orders', 200],
        ['POST /orders', 200],
        ['GET /orders/stream', 200],
        ['GET /healthz', 200],
        ['GET /nowhere', 404],
        ['GET /orders/%2e', 400],
        ['GET /orders/broken', 502],
        ['POST /orders/broken', 502],
      ] as const) {
        test(`${line} can be read by a page of a listed origin, and ${status} is the answer`, async () => {
          assert.deepEqual(await ask(line, `Origin: ${local}\r\n`), { status, headers: allowed(local) })
          assert.ok(!arrived.join().includes(local), 'the service does not see the origin')
        })
      }

      test('an answer varies by origin even if the request has none, or another', async () => {
        for (const headers of ['', 'Origin: https://evil.example\r\n', `Origin: ${app.toUpperCase()}\r\n`])
          assert.deepEqual(await ask('GET /orders', headers), { status: 200, headers: ['vary: Origin'] })
      })

      test('headers of a service that has the setting too are replaced, not repeated', async () => {
        const { headers } = await ask('GET /orders/own', `Origin: ${app}\r\n`)
        assert.deepEqual(headers, [...allowed(app).slice(0, 3), 'vary: Accept, Origin'])
        const other = await ask('GET /orders/own', 'Origin: https://other.example\r\n')
        assert.deepEqual(other.headers, ['vary: Accept, Origin'])
      })
    })

    test('with *, any origin may read answers, but without cookies', async () => {
      const ask = await startWith('*')
      const headers = [
        'access-control-allow-origin: *',
        `access-control-expose-headers: ${exposedHeaders}`,
        'vary: Origin',
      ]
      assert.deepEqual(await ask('GET /orders', `Origin: ${app}\r\n`), { status: 200, headers })
      assert.deepEqual(await ask('GET /nowhere', 'Origin: null\r\n'), { status: 404, headers })
      assert.deepEqual(await ask('OPTIONS /orders', `Origin: ${app}\r\n${preflight}`), {
        status: 204,
        headers: [...preflightAnswer, ...headers].sort(),
      })
      assert.deepEqual(await ask('GET /orders', ''), { status: 200, headers: ['vary: Origin'] })
    })
  })
}
