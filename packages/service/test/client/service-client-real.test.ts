import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Type } from 'typebox'
import { createServiceClient } from '../../src/client/service-client.ts'
import { AppError } from '../../src/errors.ts'
import { createLogger } from '../../src/logger.ts'

/** Starts an upstream on loopback whose answers the test writes byte by byte. */
async function misbehave(t: TestContext, answer: (socket: Socket, connection: number) => void) {
  let connections = 0
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    const connection = ++connections
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => answer(socket, connection))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const client = createServiceClient({
    name: 'thing',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    config: { upstreamTimeoutMs: deadlineMs, upstreamBreakerThreshold: 1000, upstreamBreakerOpenMs: 60_000 },
  })
  t.after(async () => {
    await client.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const log = createLogger({ name: 'test', level: 'silent' })
  const schema = Type.Object({ id: Type.String() })
  const get = () => client.get('/things/a', { schema, resource: 'thing' }, { requestId: 'req-1', log })
  return { get, connections: () => connections }
}

const deadlineMs = 400

/** About 50 KB that inflate to 50 MB. */
const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, ' '))

const head = (headers: string) => `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`
const whole = (body: string) => `${head(`Content-Length: ${body.length}`)}${body}`

/** Writes `chunk` every few milliseconds until the other side closes. */
function keepWriting(socket: Socket, chunk: string | Buffer, everyMs: number) {
  const timer = setInterval(() => socket.write(chunk), everyMs)
  socket.on('close', () => clearInterval(timer))
}

const cases: Record<string, { answer: (socket: Socket) => void; status: number }> = {
  'that accepts and never answers': { answer: () => {}, status: 504 },
  'that stops in the middle of the headers': {
    answer: (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-'),
    status: 504,
  },
  'that stops in the middle of the body': {
    answer: (socket) => socket.write(`${head('Content-Length: 100')}{"id":`),
    status: 504,
  },
  'that drips a byte at a time': {
    answer: (socket) => {
      socket.write(`${head('Content-Length: 100000')}{`)
      keepWriting(socket, ' ', 20)
    },
    status: 504,
  },
  'that drips headers': {
    answer: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      keepWriting(socket, 'X-More: 1\r\n', 20)
    },
    status: 504,
  },
  'that drips the body of an error': {
    answer: (socket) => {
      socket.write('HTTP/1.1 500 No\r\nContent-Length: 100000\r\n\r\n')
      keepWriting(socket, 'x', 20)
    },
    status: 502,
  },
  'that resets the connection': { answer: (socket) => socket.resetAndDestroy(), status: 503 },
  'that closes without a word': { answer: (socket) => socket.end(), status: 503 },
  'that closes in the middle of the body': {
    answer: (socket) => socket.end(`${head('Content-Length: 100')}{"id":`),
    status: 503,
  },
  'that does not speak HTTP': { answer: (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), status: 502 },
  'that sends headers without end': {
    answer: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      keepWriting(socket, `X-More: ${'x'.repeat(10_000)}\r\n`, 1)
    },
    status: 502,
  },
  'that announces a large body and sends it': {
    answer: (socket) => {
      socket.write(head('Content-Length: 1000000000'))
      keepWriting(socket, 'x'.repeat(10_000), 1)
    },
    status: 502,
  },
  'that sends a body without end': {
    answer: (socket) => {
      socket.write(head('Transfer-Encoding: chunked'))
      keepWriting(socket, `2710\r\n${'x'.repeat(10_000)}\r\n`, 1)
    },
    status: 502,
  },
  'that sends a gzip bomb': {
    answer: (socket) => {
      socket.write(head(`Content-Encoding: gzip\r\nContent-Length: ${bomb.length}`))
      socket.end(bomb)
    },
    status: 502,
  },
  'that redirects to itself': {
    answer: (socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /things/a\r\nContent-Length: 0\r\n\r\n'),
    status: 502,
  },
}

for (const [name, { answer, status }] of Object.entries(cases)) {
  test(`an upstream ${name} is a ${status} within the deadline, with bounded memory`, async (t) => {
    const { get } = await misbehave(t, answer)
    const before = process.memoryUsage().rss
    const start = performance.now()
    const error = await get().then(
      () => assert.fail('it must not succeed'),
      (error) => error,
    )
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.status, status, String(error.cause))
    // ten times the deadline: to tell bounded from unbounded on a busy machine
    assert.ok(performance.now() - start < deadlineMs * 10)
    assert.ok(process.memoryUsage().rss - before < 100 * 1024 * 1024)
  })
}

test('a redirect to another origin is not followed', async (t) => {
  let visited = false
  const elsewhere = createServer((socket) => {
    visited = true
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => elsewhere.once('listening', resolve))
  t.after(() => elsewhere.close())
  const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`
  const { get } = await misbehave(t, (socket) =>
    socket.end(`HTTP/1.1 307 No\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`),
  )
  await assert.rejects(get())
  assert.equal(visited, false)
})

test('a connection that breaks once is retried', async (t) => {
  const { get, connections } = await misbehave(t, (socket, connection) =>
    connection === 1 ? socket.resetAndDestroy() : socket.end(whole('{"id":"a"}')),
  )
  assert.deepEqual(await get(), { id: 'a' })
  assert.equal(connections(), 2)
})

test('a refused connection is a 503', async () => {
  const client = createServiceClient({
    name: 'thing',
    baseUrl: 'http://127.0.0.1:1',
    config: { upstreamTimeoutMs: deadlineMs, upstreamBreakerThreshold: 1000, upstreamBreakerOpenMs: 60_000 },
  })
  const log = createLogger({ name: 'test', level: 'silent' })
  const call = client.get('/', { schema: Type.Object({}), resource: 'thing' }, { requestId: 'r', log })
  await assert.rejects(call, (error) => error instanceof AppError && error.status === 503)
})
