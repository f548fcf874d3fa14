import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { freePort } from '@shop/commands/ports'
import { withoutNginx } from '@shop/tests/kit/nginx'
import { assertArrived } from './assert-arrived.ts'
import type { GatewayCase } from './cases/case.ts'
import { cases } from './cases/cases.ts'
import { type LocalGateway, startNginxGateway, startRecorders } from './local-gateways.ts'

/** Headers of one connection, which HTTP/2 does not have, and bytes that its client of Node cannot send. */
const notInHttp2 =
  /^(?:Connection|Keep-Alive|Proxy-Connection|TE|Trailer|Expect|Upgrade|HTTP2-Settings):|[^ -~]/i

const sameInHttp2 = Object.entries(cases).filter(
  ([what, { target, headers = [] }]) =>
    // nginx ends the stream instead of answering
    what !== 'headers of 40 KB' && target.startsWith('/') && !headers.some((line) => notInHttp2.test(line)),
)

/** Sends a request over HTTP/2, and resolves to its answer; the status is 0 if there is none. */
async function send(
  session: ClientHttp2Session,
  { method = 'GET', target, headers = [], body }: Pick<GatewayCase, 'method' | 'target' | 'headers' | 'body'>,
) {
  // a list, in which a name may come twice
  const fields = [':method', method, ':scheme', 'http', ':authority', 'shop', ':path', target]
  for (const line of headers) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? []
    fields.push(name.toLowerCase(), value)
  }
  const stream = session.request(fields, { endStream: body === undefined })
  if (body !== undefined) stream.end(Buffer.from(body, 'latin1'))
  try {
    const [answer] = await once(stream, 'response')
    return { status: Number(answer[':status']), headers: answer, body: await text(stream) }
  } catch {
    return { status: 0, headers: {}, body: '' }
  }
}

describe('nginx, over HTTP/2 without TLS', { skip: withoutNginx }, () => {
  let services: Awaited<ReturnType<typeof startRecorders>>
  let gateway: LocalGateway
  let port: number

  before(async () => {
    services = await startRecorders()
    port = await freePort()
    gateway = await startNginxGateway(services.ports, {
      corsOrigins: 'https://app.example.com',
      gatewayD: { 'h2c.server': `listen 127.0.0.1:${port} http2;` },
    })
  })
  after(async () => {
    await gateway.stop()
    await services.stop()
  })

  /** Sends a request on a connection of its own. */
  async function ask(request: Parameters<typeof send>[1]) {
    // a client may repeat what must not be repeated
    const options: object = { strictSingleValueFields: false }
    const session = connect(`http://127.0.0.1:${port}`, options)
    // nginx may end the connection of a request that it refuses
    session.on('error', () => undefined)
    const answer = await send(session, request)
    session.destroy()
    return answer
  }

  assert.ok(sameInHttp2.length > 200, `${sameInHttp2.length} cases`)
  for (const [what, gatewayCase] of sameInHttp2) {
    test(what, async () => {
      services.arrivals.length = 0
      const answer = await ask(gatewayCase)
      if ('status' in gatewayCase) {
        assert.deepEqual([answer.status, services.arrivals], [gatewayCase.status, []])
        if (gatewayCase.code) assert.equal(JSON.parse(answer.body).code, gatewayCase.code)
        return
      }
      assert.equal(answer.status, 200)
      assertArrived(services.arrivals, gatewayCase.arrives, answer.headers['x-request-id'])
    })
  }

  for (const target of [
    '*',
    'orders',
    'http://shop/orders',
    '/orders/../metrics',
    '/orders#a',
    '/%6frders',
    '//orders',
  ]) {
    test(`the path ${target} is refused`, async () => {
      services.arrivals.length = 0
      const { status } = await ask({ target })
      assert.ok([0, 400].includes(status), `${status}`)
      assert.deepEqual(services.arrivals, [])
    })
  }

  test('a preflight is answered, and the answer to the request can be read', async () => {
    const headers = ['Origin: https://app.example.com', 'Access-Control-Request-Method: POST']
    const preflight = await ask({ method: 'OPTIONS', target: '/orders', headers })
    assert.deepEqual([preflight.status, preflight.headers['access-control-max-age']], [204, '7200'])
    const answer = await ask({ target: '/nowhere', headers })
    assert.deepEqual(
      [answer.status, answer.headers['access-control-allow-origin']],
      [404, 'https://app.example.com'],
    )
  })
})

const withoutTools =
  withoutNginx ||
  (['openssl', 'curl'].some((program) => spawnSync(program, ['version']).error) &&
    'openssl or curl is not installed here')

describe('nginx, with the documented TLS', { skip: withoutTools }, () => {
  let folder: string
  let services: Awaited<ReturnType<typeof startRecorders>>
  let gateway: LocalGateway
  let port: number

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tls-'))
    const key = join(folder, 'privkey.pem')
    const files = ['-keyout', key, '-out', join(folder, 'fullchain.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const made = spawnSync('openssl', ['req', '-x509', '-days', '1', ...curve, ...files, ...subject])
    assert.equal(made.status, 0, String(made.stderr))
    await chmod(key, 0o600)

    const page = await readFile(join(import.meta.dirname, '../../docs/deployment.md'), 'utf8')
    const [, documented = ''] = /in `gateway\.d\/tls\.server`:\n\n((?: {4}.*\n)+)/.exec(page) ?? []
    assert.match(documented, /listen 8443 ssl http2;/)
    port = await freePort()
    const file = documented.replace('8443', `127.0.0.1:${port}`).replaceAll('/etc/nginx/gateway.d', folder)
    services = await startRecorders()
    gateway = await startNginxGateway(services.ports, { gatewayD: { 'tls.server': file } })
  })
  after(async () => {
    await gateway.stop()
    await services.stop()
    await rm(folder, { recursive: true })
  })

  /** Returns the version of HTTP and the status that curl gets. */
  async function curl(...options: string[]) {
    const argv = ['--silent', '--cacert', join(folder, 'fullchain.pem'), '--output', '/dev/null']
    const url = `https://localhost:${port}/orders`
    const write = ['--write-out', '%{http_version} %{http_code}', '--resolve', `localhost:${port}:127.0.0.1`]
    return (await promisify(execFile)('curl', [...argv, ...write, ...options, url])).stdout
  }

  test('curl gets HTTP/2, and HTTP/1.1 if it wants', async () => {
    assert.deepEqual([await curl(), await curl('--http1.1')], ['2 200', '1.1 200'])
    assert.equal(await curl('--data', '{}', '--header', 'Content-Type: application/json'), '2 200')
    assert.equal(services.arrivals.at(-1)?.body, '{}')
    assert.equal(services.arrivals.at(-1)?.headers['x-forwarded-proto'], 'https')
  })

  test('many requests share one connection of node:http2', async () => {
    const options: SecureClientSessionOptions = { ca: await readFile(join(folder, 'fullchain.pem')) }
    const session = connect(`https://localhost:${port}`, { ...options, host: '127.0.0.1' } as typeof options)
    services.arrivals.length = 0
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => send(session, { target: `/orders?x=${index}` })),
    )
    session.close()
    assert.deepEqual(
      answers.map(({ status }) => status),
      answers.map(() => 200),
    )
    assert.equal(new Set(services.arrivals.map(({ url }) => url)).size, 100)
  })
})
