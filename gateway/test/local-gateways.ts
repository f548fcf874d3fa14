import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { corsSettings } from '@shop/service/http/cors'
import { createLogger } from '@shop/service/logger'
import { type NginxOptions, startNginx, withoutNginx } from '@shop/tests/kit/nginx'
import { buildGateway } from '../src/gateway.ts'

/** A request as the service understood it; the bytes of the body as Latin-1. */
export type Arrival = {
  service: Service
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

type Service = 'user' | 'product' | 'order' | 'relay'

export type Ports = Record<Service, number>

export type LocalGateway = {
  port: number
  /** Returns everything it has logged. */
  logs(): Promise<string>
  stop(): Promise<void>
}

/** How to start each gateway, and the reason where one cannot be started here. */
export const gateways = [
  { name: 'the gateway of npm start', start: startNodeGateway, missing: false },
  {
    name: 'nginx',
    start: startNginxGateway,
    missing: withoutNginx && `${withoutNginx}; npm run test:compose has it`,
  },
] as const

/** The services behind a gateway, which record the requests they receive. */
export async function startRecorders() {
  const arrivals: Arrival[] = []
  const servers = {
    user: await startRecorder('user', arrivals),
    product: await startRecorder('product', arrivals),
    order: await startRecorder('order', arrivals),
    relay: await startRecorder('relay', arrivals),
  }
  return {
    arrivals,
    ports: {
      user: servers.user.port,
      product: servers.product.port,
      order: servers.order.port,
      relay: servers.relay.port,
    },
    stop: () => Promise.all(Object.values(servers).map((server) => server.stop())),
  }
}

/** A server in the place of all services, whose answers `answer` makes. */
export async function startService(answer: RequestListener) {
  const server = createServer(answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    ports: { user: port, product: port, order: port, relay: port },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
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

/** In the place of the built pages. */
const testPages = join(import.meta.dirname, 'pages')

/** `corsOrigins` as in CORS_ORIGINS. */
type Options = { operatorsDoor?: 'open' | 'closed'; corsOrigins?: string; webDir?: string }

/** The gateway of npm start. */
async function startNodeGateway(
  ports: Ports,
  { operatorsDoor = 'open', corsOrigins, webDir = testPages }: Options = {},
): Promise<LocalGateway> {
  const origin = (service: Service) => `http://127.0.0.1:${ports[service]}`
  let logged = ''
  const write = (line: string) => {
    logged += line
  }
  const gateway = buildGateway({
    upstreams: {
      user: origin('user'),
      product: origin('product'),
      order: origin('order'),
      relay: origin('relay'),
    },
    logger: createLogger({ name: 'gateway', level: 'trace' }, { write }),
    operatorsDoor,
    corsOrigins: corsOrigins ? corsSettings.corsOrigins.parse(corsOrigins) : undefined,
    webDir,
  })
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  return { port: Number(new URL(url).port), logs: async () => logged, stop: () => gateway.close() }
}

/** nginx with the files of gateway/, in which only addresses, paths and ports differ. */
export async function startNginxGateway(ports: Ports, options: NginxOptions = {}): Promise<LocalGateway> {
  const endings: (() => unknown)[] = []
  const { url, logs } = await startNginx(
    { after: (work) => endings.push(work) },
    { ports },
    { webDir: testPages, ...options },
  )
  return {
    port: Number(new URL(url).port),
    logs,
    async stop() {
      for (const end of endings) await end()
    },
  }
}
