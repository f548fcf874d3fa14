import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createLogger } from '@shop/service/logger'
import { startNginx } from '@shop/tests/kit/nginx'
import { buildGateway } from '../src/gateway.ts'

/** A request as the service understood it; the bytes of the body as Latin-1. */
export type Arrival = {
  service: Service
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

type Service = 'user' | 'product' | 'order'

export type Ports = Record<Service, number>

export type LocalGateway = { port: number; stop(): Promise<void> }

/** The services behind a gateway, which record the requests they receive. */
export async function startRecorders() {
  const arrivals: Arrival[] = []
  const servers = {
    user: await startRecorder('user', arrivals),
    product: await startRecorder('product', arrivals),
    order: await startRecorder('order', arrivals),
  }
  return {
    arrivals,
    ports: { user: servers.user.port, product: servers.product.port, order: servers.order.port },
    stop: () => Promise.all(Object.values(servers).map((server) => server.stop())),
  }
}

async function startRecorder(service: Service, arrivals: Arrival[]) {
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const body = await buffer(request).then(
      (bytes) => bytes.toString('latin1'),
      () => '[cut off]',
    )
    arrivals.push({ service, method, url, headers, body })
    response.setHeader('content-type', 'application/json')
    response.end('{"from":"service"}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The gateway of npm start. */
export async function startNodeGateway(ports: Ports): Promise<LocalGateway> {
  const origin = (service: Service) => `http://127.0.0.1:${ports[service]}`
  const gateway = buildGateway({
    upstreams: { user: origin('user'), product: origin('product'), order: origin('order') },
    logger: createLogger({ name: 'gateway', level: 'silent' }),
  })
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  return { port: Number(new URL(url).port), stop: () => gateway.close() }
}

/** nginx with gateway/nginx.conf, in which only addresses, paths and ports differ. */
export async function startNginxGateway(ports: Ports): Promise<LocalGateway> {
  const endings: (() => unknown)[] = []
  const { url } = await startNginx({ after: (work) => endings.push(work) }, { ports })
  return {
    port: Number(new URL(url).port),
    async stop() {
      for (const end of endings) await end()
    },
  }
}
