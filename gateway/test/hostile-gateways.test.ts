import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import {
  type LocalGateway,
  nginxIsInstalled,
  startNginx,
  startNodeGateway,
  startRecorder,
} from './local-gateways.ts'

const host = 'Host: shop\r\n'
/** What a smuggler would have the service take for a request of its own. */
const smuggled = 'GET /orders/smuggled HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n'
const post = (headers: string, body: string) => `POST /orders HTTP/1.1\r\n${host}${headers}\r\n\r\n${body}`
const get = (target: string, headers = host, version = '1.1') =>
  `GET ${target} HTTP/${version}\r\n${headers}Connection: close\r\n\r\n`
const chunked = 'Transfer-Encoding: chunked'
const endless = `0\r\n\r\n${smuggled}`

/** Answered with 400 alone, and nothing of it arrives. */
const refused: Record<string, string> = {
  'a length and chunks, the length longer': post(`Content-Length: ${endless.length}\r\n${chunked}`, endless),
  'chunks and a length, the length shorter': post(
    `${chunked}\r\nContent-Length: 4`,
    `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
  ),
  'two lengths': post('Content-Length: 2\r\nContent-Length: 90', `{}${smuggled}`),
  'the same length twice': post('Content-Length: 2\r\nContent-Length: 2', '{}'),
  'a list of lengths': post('Content-Length: 2, 90', `{}${smuggled}`),
  'a length with a sign': post('Content-Length: +2', '{}'),
  'a length in hexadecimal': post('Content-Length: 0x2', '{}'),
  'a negative length': post('Content-Length: -2', '{}'),
  'a length beyond 64 bits': post('Content-Length: 18446744073709551618', `{}${smuggled}`),
  'a space before the colon of Content-Length': post(`Content-Length : ${smuggled.length}`, smuggled),
  'a space before the colon of Transfer-Encoding': post(
    `Transfer-Encoding : chunked\r\nContent-Length: ${endless.length}`,
    endless,
  ),
  'a folded Transfer-Encoding': post(
    `Transfer-Encoding:\r\n chunked\r\nContent-Length: ${endless.length}`,
    endless,
  ),
  'a folded header': get('/orders', `${host}X-A: a\r\n b\r\n`),
  'Transfer-Encoding twice': post(`${chunked}\r\nTransfer-Encoding: identity`, endless),
  'chunked, but not last': post('Transfer-Encoding: chunked, identity', endless),
  'a coding beside chunked': post('Transfer-Encoding: gzip, chunked', '0\r\n\r\n'),
  'identity beside a length': post('Transfer-Encoding: identity\r\nContent-Length: 2', '{}'),
  'an unknown coding': post('Transfer-Encoding: xchunked', endless),
  'a control character in the coding': post(
    `Transfer-Encoding: \u000bchunked\r\nContent-Length: ${endless.length}`,
    endless,
  ),
  'chunks in HTTP/1.0': `POST /orders HTTP/1.0\r\n${host}${chunked}\r\n\r\n0\r\n\r\n`,
  'a size of a chunk in the notation of C': post(chunked, '0x2\r\n{}\r\n0\r\n\r\n'),
  'a size of a chunk beyond 64 bits': post(chunked, `10000000000000002\r\n{}\r\n${endless}`),
  'a negative size of a chunk': post(chunked, `-2\r\n{}\r\n${endless}`),
  'a bare CR in a header': get('/orders', `${host}X: a\rTransfer-Encoding: chunked\r\n`),
  'NUL in a header': get('/orders', `${host}X: a\u0000b\r\n`),
  'a space before a header': get('/orders', ` Host: a\r\n${host}`),
  'the absolute form': get('http://shop/orders'),
  'the absolute form of somewhere else': get('http://127.0.0.1:1/orders'),
  'the authority form': `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${host}\r\n`,
  'the asterisk form': `OPTIONS * HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'HTTP/2.0 in letters': get('/orders', host, '2.0'),
  'HTTP/1.2': get('/orders', host, '1.2'),
  'no host': get('/orders', ''),
  'two hosts': get('/orders', `${host}Host: evil.test\r\n`),
  'an empty host': get('/orders', 'Host:\r\n'),
  'a host with a space': get('/orders', 'Host: a b\r\n'),
  'a host with a path': get('/orders', 'Host: shop/../evil\r\n'),
  'bytes beyond ASCII in the path': get('/orders/é'),
  'NUL in the path': get('/orders/\u0000'),
  'an overlong dot': get('/orders/%c0%ae%c0%ae/metrics'),
  'a dot segment behind a semicolon': get('/orders;/../metrics'),
  'an escaped slash': get('/orders%2f..%2fmetrics'),
  'an escaped backslash': get('/orders/..%5cmetrics'),
  'an empty segment': get('/orders//metrics'),
  'a fragment': get('/orders#/metrics'),
}

/** What is one message to whoever reads it as the gateway does, and must be that one message behind it. */
const understood: [name: string, request: string, arrivals: string[][]][] = [
  [
    'lines that end in a bare LF',
    'GET /orders HTTP/1.1\nHost: shop\nConnection: close\n\n',
    [[], ['GET /orders']],
  ],
  [
    'a header behind a bare LF',
    post(`X: a\nContent-Length: ${smuggled.length}\r\nConnection: close`, smuggled),
    [[], ['POST /orders']],
  ],
  [
    'a bare LF behind the extension of a chunk',
    post(chunked, `2;a\n{}\r\n${endless}`),
    [[], ['POST /orders', 'GET /orders/smuggled']],
  ],
  [
    'a bare LF behind the data of a chunk',
    post(chunked, `2\r\n{}\n${endless}`),
    [[], ['POST /orders', 'GET /orders/smuggled']],
  ],
  [
    'extensions of chunks',
    post(`Connection: close\r\n${chunked}`, '2;a=b;c="d"\r\n{}\r\n0;x\r\n\r\n'),
    [['POST /orders']],
  ],
  [
    'an expectation',
    post('Connection: close\r\nExpect: 100-continue\r\nContent-Length: 2', '{}'),
    [['POST /orders']],
  ],
  [
    'an unknown expectation',
    post('Connection: close\r\nExpect: 200-maybe\r\nContent-Length: 2', '{}'),
    [['POST /orders']],
  ],
  [
    'a body where none is expected',
    get('/orders', `${host}Content-Length: ${smuggled.length}\r\n`) + smuggled,
    [['GET /orders']],
  ],
  [
    'a trailer',
    post(
      `Connection: close\r\n${chunked}`,
      '2\r\n{}\r\n0\r\nX-User-Id: admin\r\nAuthorization: Bearer x\r\n\r\n',
    ),
    [[], ['POST /orders']],
  ],
  [
    'a length with an underscore',
    post('Connection: close\r\nContent_Length: 90\r\nContent-Length: 2', `{}${smuggled}`),
    [['POST /orders']],
  ],
  ['empty lines before the request', `\r\n\r\n${get('/orders')}`, [['GET /orders']]],
  [
    'a refused request before another',
    `GET /orders/%2e%2e HTTP/1.1\r\n${host}\r\n${smuggled}`,
    [[], ['GET /orders/smuggled']],
  ],
  [
    'a body that is too large, with a request in it',
    `POST /orders HTTP/1.1\r\n${host}Content-Length: 70000\r\n\r\n${smuggled.padEnd(70_000)}`,
    [[]],
  ],
  [
    'a body for nobody, with a request in it',
    `POST /nowhere HTTP/1.1\r\n${host}Connection: close\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    [[]],
  ],
]

for (const [name, start, missing] of [
  ['the gateway of npm start', startNodeGateway, false],
  ['nginx', startNginx, !nginxIsInstalled() && 'nginx is not installed here; npm run test:compose has it'],
] as const) {
  describe(name, { skip: missing }, () => {
    let service: Awaited<ReturnType<typeof startRecorder>>
    let gateway: LocalGateway

    before(async () => {
      service = await startRecorder()
      gateway = await start(service.port)
    })
    after(async () => {
      await gateway.stop()
      await service.stop()
    })

    /** The answers on one connection, and what the service got meanwhile, as `METHOD path`. */
    async function send(request: string) {
      service.arrivals.length = 0
      const text = await exchange(gateway.port, request)
      const answers = [...text.matchAll(/HTTP\/1\.1 (\d{3}) [\s\S]*?\r\n\r\n/g)].map(([head, status]) => ({
        status: Number(status),
        head,
      }))
      const arrived = service.arrivals.map(({ method, url }) => `${method} ${url}`)
      return { text, arrived, answers: answers.filter(({ status }) => status >= 200) }
    }

    for (const [what, request] of Object.entries(refused)) {
      test(`${what} is refused`, async () => {
        const { answers, arrived, text } = await send(request)
        assert.deepEqual(arrived, [])
        assert.deepEqual(
          answers.map(({ status }) => status),
          [400],
          text.slice(0, 300),
        )
        assert.match(answers[0]?.head ?? '', /^content-type: application\/problem\+json\b/im)
        assert.match(text, /"code":"bad_request"/)
      })
    }

    for (const [what, request, allowed] of understood) {
      test(`${what}: as many messages arrive as are answered`, async () => {
        const { answers, arrived, text } = await send(request)
        const successes = answers.filter(({ status }) => status === 200)
        assert.equal(successes.length, arrived.length, text.slice(0, 300))
        assert.ok(
          allowed.some((expected) => String(expected) === String(arrived)),
          arrived.join('; '),
        )
        for (const { headers } of service.arrivals) {
          for (const header of ['x-user-id', 'authorization', 'expect', 'trailer'])
            assert.equal(headers[header], undefined)
        }
      })
    }

    test('an upgrade is not passed on, and leads to no other protocol', async () => {
      for (const protocol of ['h2c', 'websocket', 'TLS/1.3']) {
        const headers = `${host}Upgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABk\r\nSec-WebSocket-Key: x\r\n`
        const request = `GET /orders HTTP/1.1\r\n${headers}Connection: Upgrade, HTTP2-Settings, close\r\n\r\n`
        const { answers } = await send(request)
        assert.deepEqual(
          answers.map(({ status }) => status),
          [200],
        )
        const [arrival] = service.arrivals
        assert.equal(arrival?.headers.upgrade, undefined)
        assert.doesNotMatch(arrival?.headers.connection ?? '', /upgrade|http2/i)
      }
    })

    test('what cannot be read behind a request does not become the answer to that request', async () => {
      const { answers, arrived } = await send(post('Content-Length: 2', '{}NONSENSE\r\n\r\n'))
      assert.deepEqual(arrived, ['POST /orders'])
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 400],
      )
    })

    test('a name in a header cannot be turned into another header', async () => {
      const id = 'a%0d%0aX-Injected: 1'
      const { text } = await send(get(`/orders?x=%0d%0aX-Injected:%201`, `${host}X-Request-ID: ${id}\r\n`))
      assert.doesNotMatch(text, /^X-Injected/im)
      assert.doesNotMatch(text, /%0d/i)
      assert.match(String(service.arrivals[0]?.headers['x-request-id']), /^[\w.:-]{1,128}$/)
    })
  })
}

/** Sends `request` and resolves to all that comes back until the connection ends. */
function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setTimeout(20_000, () => socket.destroy(new Error(`no end of the answer, after ${text}`)))
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      text += chunk
    })
    // the other side may end the connection while we are still sending
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code ? resolve(text) : reject(error)))
    socket.on('end', () => resolve(text))
    socket.write(request)
  })
}
