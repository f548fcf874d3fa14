import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { corsSettings } from '@shop/service/http/cors'
import { startNginx, withoutNginx } from '@shop/tests/kit/nginx'
import { exchange } from './exchange.ts'
import { startService } from './local-gateways.ts'

const script = join(import.meta.dirname, '../entrypoint.sh')

/** Returns the first line of what entrypoint.sh says before it gives up. */
function refusalOf(variables: Record<string, string>) {
  const env = { PATH: process.env.PATH, OPERATORS_DOOR: 'x', ...variables }
  const { status, stderr } = spawnSync('sh', [script, '-t'], { encoding: 'utf8', env })
  assert.equal(status, 1, stderr)
  return stderr.split('\n').filter((line) => line && !line.startsWith('OPERATORS_DOOR'))
}

test('nginx does not start with an unknown value, and all are reported', () => {
  const { status, stderr } = spawnSync('sh', [script, '-t'], {
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      OPERATORS_DOOR: 'close',
      RESOLVER: 'x;y',
      RELAY_SERVICE_URL: 'relay:3004',
    },
  })
  assert.equal(status, 1)
  assert.deepEqual(stderr.split('\n'), [
    'RELAY_SERVICE_URL must be a URL such as http://orders.internal:3003, without a path, not "relay:3004"',
    'RESOLVER must be addresses of DNS servers, separated by spaces, not "x;y"',
    'OPERATORS_DOOR must be one of open, closed, not "close"',
    '',
  ])
})

for (const variable of [
  'USER_SERVICE_URL',
  'PRODUCT_SERVICE_URL',
  'ORDER_SERVICE_URL',
  'RELAY_SERVICE_URL',
]) {
  test(`${variable} is a plain URL`, () => {
    for (const value of [
      'https://a',
      'http://a/b',
      'http://',
      'http://a b',
      'http://a;',
      'http://a:x',
      'http://a\nb',
      "http://a'",
    ])
      assert.match(refusalOf({ [variable]: value }).join(), new RegExp(`^${variable} must be a URL`), value)
    for (const value of [
      'http://a',
      'http://order.shop.svc.cluster.local:3003/',
      'http://[::1]:80',
      'http://10.0.0.1:1',
    ])
      assert.deepEqual(refusalOf({ [variable]: value }), [], value)
  })
}

test('RESOLVER is one or several addresses', () => {
  for (const value of ['10.96.0.10', '10.0.0.1:5353 10.0.0.2', '[fd00::a]:53'])
    assert.deepEqual(refusalOf({ RESOLVER: value }), [], value)
  for (const value of [' ', '10.0.0.1,10.0.0.2', '10.0.0.1;', '$x'])
    assert.equal(refusalOf({ RESOLVER: value }).length, 1)
})

describe('CORS_ORIGINS means the same to both gateways', () => {
  for (const value of [
    'https://app.example.com',
    'https://app.example.com, http://localhost:5173',
    'http://[::1]:3000,http://a:443,https://a:80',
    '*',
  ])
    test(`${value} is accepted`, () => {
      assert.ok(corsSettings.corsOrigins.parse(value))
      assert.deepEqual(refusalOf({ CORS_ORIGINS: value }), [])
    })

  for (const value of [
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://app.example.com:443',
    'https://b.example,http://a.example:80,https://c.example',
    'app.example.com',
    'https://APP.example.com',
    'https://*.example.com',
    'https://a.example *',
    '*,https://a.example',
    'https://a.example,',
    'https://user@a.example',
    'null',
    'ftp://a.example',
    "https://a.example' ''; evil",
    'https://a.example\nhttps://b.example',
  ])
    test(`${JSON.stringify(value)} is refused`, () => {
      assert.equal(corsSettings.corsOrigins.parse(value), undefined)
      const expected = `CORS_ORIGINS must be ${corsSettings.corsOrigins.expected}, not "${value}"`
      assert.equal(refusalOf({ CORS_ORIGINS: value }).join('\n'), expected)
    })
})

test('nginx looks services up by the names, ports and resolver of its environment', {
  skip: withoutNginx,
}, async (t) => {
  const service = await startService((_request, response) => response.end('{"from":"order"}'))
  t.after(() => service.stop())
  // a name server that knows one name
  const { url } = await startNginx(t, { addresses: ['127.0.0.1'], orderPort: service.ports.order })
  const answer = await exchange(
    Number(new URL(url).port),
    'GET /orders HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n',
  )
  assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*\{"from":"order"\}/)
})

const withoutShellcheck = spawnSync('shellcheck', ['--version']).error && 'shellcheck is not installed here'

test('shellcheck finds no problems in entrypoint.sh', { skip: withoutShellcheck ?? false }, () => {
  assert.equal(spawnSync('shellcheck', [script], { encoding: 'utf8' }).stdout, '')
})
