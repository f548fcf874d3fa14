import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { createLogger } from '@shop/service/logger'
import { buildGateway } from '../src/gateway.ts'

/** What a service got, as it understood it; the bytes of the body as Latin-1. */
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

/** The services behind a gateway, which record what they get. */
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

export function nginxIsInstalled(): boolean {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore', env: nginxEnv })
    return true
  } catch {
    return false
  }
}

const nginxEnv = { PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }

/** The nginx of this machine with gateway/nginx.conf, changed in nothing but where things are. */
export async function startNginx(ports: Ports): Promise<LocalGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'))
  const port = await freePort()
  const original = await readFile(new URL('../nginx.conf', import.meta.url), 'utf8')
  const config = original
    .replaceAll(/\b(user|product|order):300\d;/g, (_, service: Service) => `127.0.0.1:${ports[service]};`)
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
    .replaceAll('/tmp/', `${folder}/`)
    .replace('access_log /dev/stdout', `access_log ${folder}/access.log`)
    .replace('include /etc/nginx/gateway.d/*.conf;', '')
    .replace('worker_processes auto', 'worker_processes 1')
  const file = join(folder, 'nginx.conf')
  await writeFile(file, config)
  const child = spawn('nginx', ['-c', file, '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: nginxEnv,
  })
  await untilListening(port, child)
  return {
    port,
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
      await rm(folder, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (let tried = 0; tried < 100; tried++) {
    if (child.exitCode !== null) break
    const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined)
    if (response?.ok) return
    await setTimeout(100)
  }
  throw new Error('nginx did not start')
}
