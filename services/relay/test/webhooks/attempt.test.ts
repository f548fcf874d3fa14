import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { freePort } from '@shop/commands/ports'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { startNameServer } from '@shop/tests/kit/network/name-server'
import { startReceiver, startTcpServer } from '@shop/tests/kit/network/receivers'
import { Webhook } from 'standardwebhooks'
import { type AllowList, parseAllowList } from '../../src/webhooks/addresses.ts'
import { createSender } from '../../src/webhooks/attempt.ts'
import { createResolver } from '../../src/webhooks/resolver.ts'
import { createSecret } from '../../src/webhooks/signature.ts'
import type { TargetPolicy } from '../../src/webhooks/target.ts'

const message = { id: 'an-event', body: '{"data":1}' }
const secret = createSecret()
const loopback = parseAllowList('127.0.0.1') as AllowList
const nobody: AllowList = { blocks: [], names: new Set() }

function sendTo(t: TestContext, url: string, options: Partial<TargetPolicy> & { timeoutMs?: number } = {}) {
  const { timeoutMs = 15_000, ...rest } = options
  const resolve = createResolver({ timeoutMs: 5000, servers: ['127.0.0.1:9'] })
  const policy = { allowList: loopback, allowHttp: true, resolve, ...rest }
  const sender = createSender(url, { policy, connections: 2, timeoutMs })
  cleanUp(t, () => sender.close())
  return sender.send(message, [secret])
}

async function outcomeOf(...args: Parameters<typeof sendTo>) {
  const { durationMs, ...outcome } = await sendTo(...args)
  assert.ok(Number.isInteger(durationMs) && durationMs >= 0)
  return outcome
}

test('a message arrives as it is, and verifies', async (t) => {
  const { url, received } = await startReceiver(t)
  assert.deepEqual(await outcomeOf(t, `${url}?key=a%20b`), { delivered: true, status: 204 })
  const [one, ...others] = received
  assert.ok(one && others.length === 0)
  assert.equal(one.url, '/hook?key=a%20b')
  assert.equal(one.body, message.body)
  assert.equal(one.headers['content-type'], 'application/cloudevents+json; charset=utf-8')
  assert.equal(one.headers['webhook-id'], message.id)
  assert.equal(one.headers['accept-encoding'], undefined)
  const headers = one.headers as Record<string, string>
  assert.deepEqual(new Webhook(secret).verify(one.body, headers), { data: 1 })
})

test('connections are used again', async (t) => {
  const ports: (number | undefined)[] = []
  const { url } = await startReceiver(t, (_, request, response) => {
    ports.push(request.socket.remotePort)
    response.writeHead(500).end('x'.repeat(100))
  })
  const resolve = createResolver({ timeoutMs: 5000 })
  const sender = createSender(url, {
    policy: { allowList: loopback, allowHttp: true, resolve },
    connections: 2,
  })
  cleanUp(t, () => sender.close())
  for (let count = 0; count < 5; count++) await sender.send(message, [secret])
  assert.equal(ports.length, 5)
  assert.ok(new Set(ports).size <= 2)
})

test('only an answer of 2xx is success', async (t) => {
  for (const status of [200, 201, 202, 204, 299])
    assert.deepEqual(await outcomeOf(t, (await answering(t, status)).url), { delivered: true, status })
  for (const status of [300, 302, 304, 400, 404, 410, 500, 599])
    assert.deepEqual(await outcomeOf(t, (await answering(t, status)).url), {
      delivered: false,
      status,
      reason: 'status',
      answer: '',
    })
})

const answering = (t: TestContext, status: number, headers: Record<string, string> = {}, body = '') =>
  startReceiver(t, (_received, _request, response) => void response.writeHead(status, headers).end(body))

test('redirects are not followed', async (t) => {
  const other = await startReceiver(t)
  for (const location of [other.url, 'http://169.254.169.254/latest/meta-data/']) {
    const outcome = await outcomeOf(t, (await answering(t, 307, { location })).url)
    assert.deepEqual(outcome, { delivered: false, status: 307, reason: 'status', answer: '' })
  }
  assert.equal(other.received.length, 0)
})

test('Retry-After is read as seconds and as a date', async (t) => {
  const asked = async (value: string) => {
    const outcome = await sendTo(t, (await answering(t, 429, { 'retry-after': value })).url)
    return !outcome.delivered && outcome.retryAfterSeconds
  }
  assert.equal(await asked('120'), 120)
  const seconds = Number(await asked(new Date(Date.now() + 600_000).toUTCString()))
  assert.ok(seconds > 500 && seconds <= 600, String(seconds))
  assert.equal(await asked(new Date(0).toUTCString()), 0)
  assert.equal(await asked('soon'), undefined)
})

test('the start of a failure is kept, without NUL; the rest is not read', async (t) => {
  let sent = 0
  const { url } = await startReceiver(t, (_received, _request, response) => {
    response.writeHead(500)
    const chunk = 'a\0'.repeat(8192)
    const write = () => {
      while (sent < 10_000_000 && !response.destroyed) {
        sent += chunk.length
        if (!response.write(chunk)) return response.once('drain', write)
      }
      return response.end()
    }
    write()
  })
  const outcome = await outcomeOf(t, url)
  assert.deepEqual(outcome, {
    delivered: false,
    status: 500,
    reason: 'status',
    answer: 'a\uFFFD'.repeat(512),
  })
  assert.ok(sent < 10_000_000, `${sent} bytes were taken from the receiver`)
})

test('a receiver that is down', async (t) => {
  const url = `http://127.0.0.1:${await freePort()}/`
  assert.deepEqual(await outcomeOf(t, url), { delivered: false, reason: 'connection_failed' })
})

test('a receiver that never answers', async (t) => {
  const { url } = await startTcpServer(t, (socket) => socket.resume())
  assert.deepEqual(await outcomeOf(t, url, { timeoutMs: 200 }), { delivered: false, reason: 'timed_out' })
})

test('a receiver that closes before an answer, and in the middle of its headers', async (t) => {
  for (const start of ['', 'HTTP/1.1 200 OK\r\ncontent-le']) {
    const { url } = await startTcpServer(t, (socket) => socket.once('data', () => socket.end(start)))
    assert.deepEqual(await outcomeOf(t, url), { delivered: false, reason: 'connection_closed' })
  }
})

test('a status counts, even if the answer breaks off or never ends', async (t) => {
  const start = (status: string) => `HTTP/1.1 ${status}\r\ncontent-length: 100\r\n\r\npart`
  const closing = (status: string) =>
    startTcpServer(t, (socket) => socket.once('data', () => socket.end(start(status))))
  assert.deepEqual(await outcomeOf(t, (await closing('200 OK')).url), { delivered: true, status: 200 })
  assert.deepEqual(await outcomeOf(t, (await closing('500 Oh')).url), {
    delivered: false,
    status: 500,
    reason: 'status',
    answer: 'part',
  })
  const hanging = await startTcpServer(t, (socket) =>
    socket.once('data', () => socket.write(start('200 OK'))),
  )
  assert.deepEqual(await outcomeOf(t, hanging.url, { timeoutMs: 200 }), { delivered: true, status: 200 })
})

test('a receiver that does not speak HTTP, or sends endless headers', async (t) => {
  for (const text of ['SSH-2.0-OpenSSH_9.2\r\n', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(10_000)}`]) {
    const { url } = await startTcpServer(t, (socket) => socket.once('data', () => socket.end(text)))
    assert.deepEqual(await outcomeOf(t, url), { delivered: false, reason: 'invalid_answer' })
  }
})

test('TLS is asked for the name, and must be spoken', async (t) => {
  let hello = ''
  const { port } = await startTcpServer(t, (socket) =>
    socket.once('data', (data) => {
      hello = data.toString('latin1')
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    }),
  )
  const resolve = async () => ['127.0.0.1']
  const outcome = await outcomeOf(t, `https://shop.example:${port}/`, { resolve })
  assert.deepEqual(outcome, { delivered: false, reason: 'tls_failed' })
  assert.ok(hello.includes('shop.example'))
})

test('an address that is not allowed gets no connection', async (t) => {
  const server = await startTcpServer(t, () => undefined)
  const outcome = await outcomeOf(t, server.url, { allowList: nobody })
  assert.deepEqual(outcome, { delivered: false, reason: 'address_refused' })
  assert.equal(server.sockets.size, 0)
})

test('a name gets no connection if one of its addresses is not allowed', async (t) => {
  const server = await startTcpServer(t, () => undefined)
  for (const address of ['127.0.0.1', '::1', '169.254.169.254', '::ffff:7f00:1']) {
    const resolve = async () => ['1.1.1.1', address]
    const url = `http://shop.example:${server.port}/`
    const outcome = await outcomeOf(t, url, { allowList: nobody, resolve })
    assert.deepEqual(outcome, { delivered: false, reason: 'address_refused' })
  }
  assert.equal(server.sockets.size, 0)
})

test('localhost is refused unless the allow list has its addresses or its name', async (t) => {
  const { port } = await startReceiver(t)
  const url = `http://localhost:${port}/`
  for (const allowList of [nobody, loopback])
    assert.deepEqual(await outcomeOf(t, url, { allowList }), { delivered: false, reason: 'address_refused' })
  const byName = { allowList: parseAllowList('localhost') as AllowList }
  assert.deepEqual(await outcomeOf(t, url, byName), { delivered: true, status: 204 })
})

test('a name that is resolved once is connected to what was checked, not to what it says next', async (t) => {
  // rebinding: the first answer is allowed, every other is not
  const { port, received } = await startReceiver(t)
  let questions = 0
  const nameServer = await startNameServer(t, () => [questions++ < 2 ? '127.0.0.1' : '127.0.0.2'])
  const resolve = createResolver({ timeoutMs: 5000, servers: [`127.0.0.1:${nameServer}`] })
  const url = `http://rebound.example:${port}/`
  assert.deepEqual(await outcomeOf(t, url, { resolve }), { delivered: true, status: 204 })
  // one for each kind of address
  assert.equal(questions, 2)
  assert.deepEqual(await outcomeOf(t, url, { resolve }), { delivered: false, reason: 'address_refused' })
  assert.equal(received.length, 1)
})

test('a name whose server never answers, and one without an address', async (t) => {
  for (const answer of [undefined, []]) {
    const nameServer = await startNameServer(t, () => answer)
    const resolve = createResolver({ timeoutMs: 200, servers: [`127.0.0.1:${nameServer}`] })
    const outcome = await outcomeOf(t, 'http://silent.example/', { resolve })
    assert.deepEqual(outcome, { delivered: false, reason: 'name_not_resolved' })
  }
})

test('proxies in the environment are not used', async (t) => {
  const { url, received } = await startReceiver(t)
  const proxy = await startReceiver(t)
  const attempt = new URL('../../src/webhooks/attempt.ts', import.meta.url)
  const addresses = new URL('../../src/webhooks/addresses.ts', import.meta.url)
  const script = `
    import { createSender } from '${attempt}'
    import { parseAllowList } from '${addresses}'
    const policy = { allowList: parseAllowList('127.0.0.1'), allowHttp: true, resolve: async () => ['127.0.0.1'] }
    const sender = createSender('${url}', { policy, connections: 1 })
    console.log((await sender.send({ id: '1', body: '{}' }, ['whsec_AAAA'])).delivered)
    await sender.close()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: `http://127.0.0.1:${proxy.port}` },
  })
  assert.equal(stdout, 'true\n')
  assert.deepEqual([received.length, proxy.received.length], [1, 0])
})
