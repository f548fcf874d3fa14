import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { withoutNginx } from '@shop/tests/kit/nginx'
import { exchange } from './exchange.ts'
import { gateways, type LocalGateway, startNginxGateway, startRecorders } from './local-gateways.ts'

/** Ways to name the operators' routes, plain and not. */
const targets = [
  '/admin',
  '/admin/',
  '/admin?x=1',
  '/admin/orders',
  '/admin/orders/1/pay',
  '/admin/events',
  '/admin/events/?wait=30',
  '/admin/webhooks/1',
  '/admin/orders/1/pay/',
  '/ADMIN/orders',
  'http://shop/admin/orders',
  'HTTP://shop:80/admin/orders?x=1',
  '//admin/orders',
  '/./admin/orders',
  '/orders/../admin/orders',
  '/admin/../admin/orders',
  '/admin;/orders',
  '/admin%2forders',
  '/%61dmin/orders',
  '/admin/orders/',
  '/admin/orders//',
  '/admin\\orders',
  '/desk',
  '/desk/orders/1?status=paid',
  '/desk/../desk',
  '/%64esk',
]
const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'ADMIN',
  'get',
]
const disguises = ['X-Original-URL', 'X-Rewrite-URL', 'X-HTTP-Method-Override', 'X-Forwarded-Prefix']

for (const { name, start, missing } of gateways) {
  describe(`${name}, with its operators' door closed`, { skip: missing }, () => {
    let services: Awaited<ReturnType<typeof startRecorders>>
    let gateway: LocalGateway

    before(async () => {
      services = await startRecorders()
      gateway = await start(services.ports, { operatorsDoor: 'closed' })
    })
    after(async () => {
      await gateway.stop()
      await services.stop()
    })

    /** Returns the whole answer, without what differs between two answers to the same request. */
    async function answer(method: string, target: string, headers = '') {
      const head = `${method} ${target} HTTP/1.1\r\nHost: shop\r\nX-Request-ID: same\r\n${headers}`
      const text = await exchange(gateway.port, `${head}Connection: close\r\nContent-Length: 2\r\n\r\n{}`)
      return text.replace(/^date: .*\r\n/im, '').replace(/"requestId":"[^"]*"|^x-request-id: .*\r\n/gim, '')
    }

    for (const method of methods) {
      test(`${method} gets the answers of an unknown path`, async () => {
        services.arrivals.length = 0
        for (const target of targets) {
          const unknown = target
            .replace(/admin/i, 'admen')
            .replace('%61dmin', '%61dmen')
            .replaceAll('desk', 'dusk')
            .replace('%64esk', '%64usk')
          assert.equal(await answer(method, target), await answer(method, unknown), target)
        }
        assert.deepEqual(services.arrivals, [])
      })
    }

    test('a plain path below /admin is not found', async () => {
      for (const target of targets.filter((target) =>
        /^(?:http:\/\/shop)?\/admin(?:\/\w+)*\/?$/.test(target),
      ))
        assert.match(await answer('GET', target), /^HTTP\/1\.1 404 [\s\S]*"code":"route_not_found"/)
    })

    test('a header does not lead through the door', async () => {
      services.arrivals.length = 0
      for (const header of disguises) await answer('GET', '/orders', `${header}: /admin/orders\r\n`)
      assert.deepEqual(
        services.arrivals.map(({ url }) => url),
        disguises.map(() => '/orders'),
      )
    })

    test('the other routes stay open', async () => {
      assert.match(await answer('GET', '/orders'), /^HTTP\/1\.1 200 /)
      assert.match(await answer('GET', '/currencies'), /^HTTP\/1\.1 200 /)
    })
  })
}

describe('nginx, with its door open to some addresses', { skip: withoutNginx }, () => {
  const root = join(import.meta.dirname, '../..')
  const [, documented = ''] =
    /in `gateway\.d\/operators-door`:\n\n((?: {4}.*\n)+)/.exec(
      readFileSync(join(root, 'docs/deployment.md'), 'utf8'),
    ) ?? []

  /** Returns the status of an operator's request, with the documented file for `network`. */
  async function statusFrom(network: string) {
    const services = await startRecorders()
    const file = documented.replace('203.0.113.0/24', network)
    const options = { operatorsDoor: 'closed', gatewayD: { 'operators-door': file } }
    const gateway = await startNginxGateway(services.ports, options)
    const { status } = await fetch(`http://127.0.0.1:${gateway.port}/admin/orders`)
    await gateway.stop()
    await services.stop()
    return status
  }

  test('an address in the documented file reaches the routes, another does not', async () => {
    assert.match(documented, /203\.0\.113\.0\/24/)
    assert.deepEqual([await statusFrom('127.0.0.0/8'), await statusFrom('203.0.113.0/24')], [200, 404])
  })
})
