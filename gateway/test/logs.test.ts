import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '@shop/commands/ports'
import { withoutNginx } from '@shop/tests/kit/nginx'
import { exchange } from './exchange.ts'
import { gateways, type LocalGateway, startNginxGateway } from './local-gateways.ts'

const canary = 'canary-of-a-one-use-token'
const query = `?token=${canary}`
const get = (target: string, headers = '') =>
  `GET ${target} HTTP/1.1\r\nHost: shop\r\n${headers}Connection: close\r\n\r\n`

for (const { name, start, missing } of gateways) {
  describe(name, { skip: missing }, () => {
    let gateway: LocalGateway
    const service = createServer(async (request, response) => {
      const path = request.url?.split('?')[0]
      if (path === '/orders/broken') return request.socket.destroy()
      if (path === '/orders/nonsense') return request.socket.end('this is not HTTP\r\n\r\n')
      response.writeHead(200).write('half')
      await setTimeout(50)
      if (path === '/orders/half') request.socket.destroy()
      else response.end()
    })

    before(async () => {
      await once(service.listen(0, '127.0.0.1'), 'listening')
      const { port } = service.address() as AddressInfo
      gateway = await start({ user: port, product: await freePort(), order: port, relay: port })
    })
    after(async () => {
      await gateway.stop()
      service.closeAllConnections()
      await new Promise((resolve) => service.close(resolve))
    })

    test('a token in the query reaches no log, whatever becomes of the request', async () => {
      for (const path of [
        '/orders/export/download',
        '/admin/exports/download/',
        '/orders/half',
        '/orders/broken',
        '/orders/nonsense',
        '/orders/../metrics',
        '/nowhere',
        '/healthz',
        // nobody listens there
        '/products/1',
        'http://shop/orders/half',
      ])
        await exchange(gateway.port, get(path + query))
      for (const request of [
        `POST /orders/broken${query} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`,
        `POST /orders${query} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: 70000\r\n\r\n{}`,
        `POST /orders/broken/cancel${query} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
        get(`/orders${query}`, `X-Long: ${'x'.repeat(40_000)}\r\n`),
        get(`/orders${query}`, 'If-Match: 1\r\nIf-Match: 2\r\n'),
        get(`/orders${query}${'x'.repeat(20_000)}`),
        `GET /orders${query} HTTP/9.9\r\n\r\n`,
        `GET /orders${query}\u0000 HTTP/1.1\r\n\r\n`,
      ])
        await exchange(gateway.port, request)
      // beyond the limit of logins
      await Promise.all(Array.from({ length: 30 }, () => exchange(gateway.port, get(`/users/login${query}`))))
      const logs = await gateway.logs()
      assert.match(logs, /"reqId":/)
      assert.doesNotMatch(logs, /token=|canary/)
    })
  })
}

test('nginx logs whether the client has left before the end of an answer', {
  skip: withoutNginx,
}, async (t) => {
  const service = createServer((request, response) => {
    response.writeHead(200).write('half')
    if (request.url === '/orders/whole') response.end()
    if (request.url === '/orders/half') setTimeout(50).then(() => request.socket.destroy())
  })
  await once(service.listen(0, '127.0.0.1'), 'listening')
  const { port } = service.address() as AddressInfo
  const gateway = await startNginxGateway({ user: port, product: port, order: port, relay: port })
  t.after(async () => {
    await gateway.stop()
    service.closeAllConnections()
    service.close()
  })
  for (const path of ['/orders/whole', '/orders/half']) await exchange(gateway.port, get(path))
  const client = connect(gateway.port, '127.0.0.1')
  client.write(get('/orders/left'))
  await once(client, 'data')
  client.destroy()
  const linesIn = (logs: string) =>
    [...logs.matchAll(/"path":"(\/orders[^"]*)".*"clientLeft":(\w+)/g)].map(
      ([, path, left]) => `${path} ${left}`,
    )
  while (linesIn(await gateway.logs()).length < 3) await setTimeout(20)
  assert.deepEqual(linesIn(await gateway.logs()), [
    '/orders/whole false',
    '/orders/half false',
    '/orders/left true',
  ])
})
