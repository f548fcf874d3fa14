import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createTestService } from '../app.ts'

const app = createTestService()
app.post('/things', async () => ({}))

before(() => app.listen({ host: '127.0.0.1', port: 0 }))
after(() => app.close())

/** Returns a connection whose client side stays open. */
async function open(t: TestContext): Promise<Socket> {
  const { port } = app.server.address() as AddressInfo
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Returns the answer, once the server has closed its side. */
async function answerOf(socket: Socket) {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  await once(socket, 'end')
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [statusLine = '', ...headers] = head.split('\r\n')
  assert.match(head, /^Content-Type: application\/problem\+json$/im)
  return { status: Number(statusLine.split(' ')[1]), headers, problem: JSON.parse(body) }
}

for (const [title, request, status, code] of [
  ['a text that is not HTTP', 'NONSENSE\r\n\r\n', 400, 'bad_request'],
  ['an unknown method', 'FROB / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'bad_request'],
  ['a header without a name', 'GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n', 400, 'bad_request'],
  [
    'a body of two lengths',
    'POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    400,
    'bad_request',
  ],
  [
    'a body both counted and chunked',
    'POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'bad_request',
  ],
  [
    '20 KiB of headers',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_480)}\r\n\r\n`,
    431,
    'headers_too_large',
  ],
  ['a URL of 20 KiB', `GET /${'x'.repeat(20_480)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, 'headers_too_large'],
] as const) {
  test(`${title} is a ${status} problem and ends the connection`, async (t) => {
    const socket = await open(t)
    socket.write(request)
    const answer = await answerOf(socket)

    assert.equal(answer.status, status)
    assert.ok(answer.headers.includes('Connection: close'))
    assert.equal(answer.problem.status, status)
    assert.equal(answer.problem.code, code)
    assert.match(answer.problem.requestId, /^[0-9a-f-]{36}$/)
    assert.ok(answer.headers.includes(`X-Request-ID: ${answer.problem.requestId}`))
  })
}

test('a client that does not close after its answer does not hold a socket', async (t) => {
  const socket = await open(t)
  socket.write('NONSENSE\r\n\r\n')
  await answerOf(socket)
  for (let waitedMs = 0; waitedMs < 5000 && (await connections()) > 0; waitedMs += 100) await setTimeout(100)
  assert.equal(await connections(), 0)
})

function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })
}

test('a whole request has 15 seconds to arrive, its headers 10', () => {
  assert.equal(app.server.requestTimeout, 15_000)
  assert.equal(app.server.headersTimeout, 10_000)
})

for (const [part, sent] of [
  ['headers', 'POST /things HTTP/1.1\r\nHost: a\r\nX-Slow:'],
  [
    'body',
    'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  ],
]) {
  test(`a request whose ${part} do not arrive in time is a 408 problem`, async (t) => {
    const { requestTimeout, headersTimeout } = app.server
    t.after(() => Object.assign(app.server, { requestTimeout, headersTimeout }))
    Object.assign(app.server, { requestTimeout: 200, headersTimeout: 200 })

    const socket = await open(t)
    socket.write(String(sent))
    const { status, problem } = await answerOf(socket)
    assert.equal(status, 408)
    assert.equal(problem.code, 'request_timeout')
  })
}
