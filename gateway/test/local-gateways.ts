import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { createLogger } from '@shop/service/logger'
import { buildGateway } from '../src/gateway.ts'

/** What a service got, as it understood it. */
export type Arrival = { method: string; url: string; headers: IncomingMessage['headers']; body: string }

export type LocalGateway = { port: number; stop(): Promise<void> }

/** A service behind a gateway, which records what it gets. */
export async function startRecorder() {
  const arrivals: Arrival[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const body = await text(request).catch(() => '[cut off]')
    arrivals.push({ method, url, headers, body })
    response.setHeader('content-type', 'application/json')
    response.end('{"from":"service"}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    arrivals,
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The gateway of npm start, in front of one service for everything. */
export async function startNodeGateway(servicePort: number): Promise<LocalGateway> {
  const origin = `http://127.0.0.1:${servicePort}`
  const gateway = buildGateway({
    upstreams: { user: origin, product: origin, order: origin },
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

/** The nginx of this machine with gateway/nginx.conf, changed in nothing but where things are, in front of one service for everything. */
export async function startNginx(servicePort: number): Promise<LocalGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'))
  const port = await freePort()
  const original = await readFile(new URL('../nginx.conf', import.meta.url), 'utf8')
  const config = original
    .replaceAll(/\b(?:user|product|order):300\d;/g, `127.0.0.1:${servicePort};`)
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
