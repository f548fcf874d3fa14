import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { gateways, type LocalGateway, startService } from './local-gateways.ts'

const executablePath = '/usr/bin/chromium'
const withoutChromium = !existsSync(executablePath) && 'chromium is not installed here'

type Request = {
  path: string
  method?: string
  headers?: Record<string, string>
  body?: string
  cookies?: boolean
}

/** In the page: fetches and returns what a script can see, or the name of the error. */
async function fetchInPage({
  url,
  method = 'GET',
  headers = {},
  body,
  cookies = false,
}: Request & { url: string }) {
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body && { body }),
      credentials: cookies ? 'include' : 'omit',
    })
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    }
  } catch (error) {
    return { error: (error as Error).name }
  }
}

for (const { name, start, missing } of gateways) {
  describe(`pages in Chromium, before ${name}`, { skip: withoutChromium || missing }, () => {
    let browser: Browser
    let service: Awaited<ReturnType<typeof startService>>
    const arrived: { line: string; headers: Record<string, unknown> }[] = []
    const gateway: Record<string, LocalGateway> = {}
    const pages = createServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>app</title>'),
    )
    /** One server, which has two origins. */
    let listed: string
    let other: string
    const open: Record<string, Page> = {}

    before(async () => {
      await once(pages.listen(0, '127.0.0.1'), 'listening')
      const { port } = pages.address() as AddressInfo
      listed = `http://127.0.0.1:${port}`
      other = `http://localhost:${port}`
      service = await startService((request, response) => {
        const { method, url, headers } = request
        arrived.push({ line: `${method} ${url}`, headers })
        if (url === '/products/1') {
          const isKnown = headers['if-none-match'] === 'W/"1"'
          response.writeHead(isKnown ? 304 : 200, {
            etag: 'W/"1"',
            'cache-control': 'public, no-cache',
            'content-type': 'application/json',
          })
          return response.end(isKnown ? undefined : JSON.stringify({ name: 'x'.repeat(2000) }))
        }
        response.writeHead(method === 'POST' ? 201 : 200, {
          'content-type': 'application/json',
          location: '/orders/1',
          etag: '"1"',
          'retry-after': '1',
          'idempotent-replayed': 'true',
          ratelimit: '"address";r=1;t=1',
          'x-other': 'hidden',
          'set-cookie': 'refresh_token=abc; Path=/users; HttpOnly; SameSite=Strict',
        })
        response.end('{}')
      })
      gateway.listed = await start(service.ports, { corsOrigins: listed })
      gateway.any = await start(service.ports, { corsOrigins: '*' })
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic'] })
      for (const origin of [listed, other]) {
        const page = await browser.newPage()
        await page.goto(origin)
        open[origin] = page
      }
    })
    after(async () => {
      await browser?.close()
      for (const each of Object.values(gateway)) await each.stop()
      await service.stop()
      pages.close()
      pages.closeAllConnections()
    })

    function fetchFrom(origin: string, which: 'listed' | 'any', request: Request) {
      arrived.length = 0
      const url = `http://127.0.0.1:${gateway[which]?.port}${request.path}`
      return (open[origin] as Page).evaluate(fetchInPage, { ...request, url })
    }

    const order = {
      path: '/orders',
      method: 'POST',
      headers: {
        authorization: 'Bearer abc',
        'content-type': 'application/json',
        'idempotency-key': 'k1',
        'if-match': '"1"',
        'x-request-id': 'from-a-page',
      },
      body: '{}',
    }

    test('a page of a listed origin places an order and reads the headers of the answer', async () => {
      const { status, headers } = await fetchFrom(listed, 'listed', order)
      assert.equal(status, 201)
      const { location, etag, 'retry-after': retryAfter, 'x-request-id': id, ratelimit } = headers ?? {}
      assert.deepEqual(
        [location, etag, retryAfter, id, headers?.['idempotent-replayed'], ratelimit],
        ['/orders/1', '"1"', '1', 'from-a-page', 'true', '"address";r=1;t=1'],
      )
      assert.equal(headers?.['x-other'], undefined)
      assert.deepEqual(
        arrived.map(({ line }) => line),
        ['POST /orders'],
      )
    })

    test('it can read the problems of the gateway itself', async () => {
      const request = { path: '/nowhere', method: 'DELETE', headers: order.headers }
      const { status, body = '' } = await fetchFrom(listed, 'listed', request)
      assert.deepEqual([status, JSON.parse(body).code], [404, 'route_not_found'])
    })

    test('it gets a cookie and sends it to where it is read', async () => {
      const headers = { 'content-type': 'application/json' }
      const login = { path: '/users/login', method: 'POST', headers, body: '{}', cookies: true }
      assert.equal((await fetchFrom(listed, 'listed', login)).status, 201)
      assert.equal((await fetchFrom(listed, 'listed', { ...login, path: '/users/refresh' })).status, 201)
      assert.equal(arrived[0]?.headers.cookie, 'refresh_token=abc')
    })

    test('its cache asks whether a product is still the same, and keeps what it has', async () => {
      const request = { path: '/products/1', headers: { authorization: 'Bearer abc' } }
      const first = await fetchFrom(listed, 'listed', request)
      const second = await fetchFrom(listed, 'listed', request)
      assert.deepEqual([first.status, second.status, second.body], [200, 200, first.body])
      assert.equal(arrived[0]?.headers['if-none-match'], 'W/"1"')
    })

    test('a page of another origin cannot call, nor read what it may send', async () => {
      assert.deepEqual(await fetchFrom(other, 'listed', order), { error: 'TypeError' })
      assert.deepEqual(
        arrived.map(({ line }) => line),
        ['OPTIONS /orders'],
      )
      assert.deepEqual(await fetchFrom(other, 'listed', { path: '/orders' }), { error: 'TypeError' })
    })

    test('with *, any page can call, but not with cookies', async () => {
      for (const origin of [listed, other]) {
        assert.equal((await fetchFrom(origin, 'any', order)).status, 201)
        assert.deepEqual(await fetchFrom(origin, 'any', { ...order, cookies: true }), { error: 'TypeError' })
      }
    })
  })
}
