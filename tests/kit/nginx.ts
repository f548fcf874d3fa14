import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { freePort } from '@shop/commands/ports'
import { startProcess } from '@shop/commands/processes'
import { statusOf } from '@shop/commands/status-of'
import { builtPages, pages } from '@shop/gateway/pages'
import { cleanUp, type Lifetime } from './clean-up.ts'
import { startNameServer } from './network/name-server.ts'

const source = join(import.meta.dirname, '../../gateway')
/** A user's PATH may lack sbin, where distributions install it. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }

/** The reason to skip tests that need nginx, or false where it is installed. */
export const withoutNginx =
  spawnSync('nginx', ['-v'], { env }).error !== undefined && 'nginx is not installed here'

export type Nginx = {
  url: string
  /** Returns the contents of its access log and of its error log. */
  logs(): Promise<string>
  stop(): Promise<void>
}

/** The port of each service on loopback, or the replicas of the order service, found by DNS as in Compose. */
export type Upstreams =
  | { ports: Record<'user' | 'product' | 'order' | 'relay', number> }
  | { addresses: string[]; orderPort: number }

export type NginxOptions = {
  operatorsDoor?: string
  corsOrigins?: string
  /** The files of the deployment's gateway.d, by name. */
  gatewayD?: Record<string, string>
  /** Where the built pages of web/ are. */
  webDir?: string
}

/**
 * Starts nginx with the configuration and the entry point of the gateway, on loopback; only addresses, paths
 * and ports differ. It ends with the test.
 */
export async function startNginx(
  t: Lifetime,
  upstreams: Upstreams,
  { operatorsDoor = 'open', corsOrigins = '', gatewayD = {}, webDir = builtPages }: NginxOptions = {},
): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'))
  cleanUp(t, () => rm(folder, { recursive: true, force: true }))
  // its workers are not root even if this process is
  await chmod(folder, 0o777)
  await mkdir(join(folder, 'gateway.d'))
  for (const [name, content] of Object.entries(gatewayD))
    await writeFile(join(folder, 'gateway.d', name), content)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  await mkdir(join(folder, 'page'))
  for (const page of Object.values(pages)) await copyFile(page, join(folder, 'page', basename(page)))
  if (existsSync(webDir)) {
    await cp(webDir, join(folder, 'web'), { recursive: true })
    await chmod(join(folder, 'web'), 0o755)
  }
  const places = { '/tmp/': `${folder}/`, '/etc/nginx/gateway.d': `${folder}/gateway.d` }
  const configuration = await adapt('nginx.conf', {
    ...places,
    ...('ports' in upstreams && { 'worker_processes auto': 'worker_processes 1' }),
    '/etc/nginx/page': `${folder}/page`,
    '/etc/nginx/web': `${folder}/web`,
    'listen 8080': `listen 127.0.0.1:${port}`,
    '/dev/stdout': `${folder}/access.log`,
    'error_log stderr': `error_log ${folder}/error.log`,
  })
  await writeFile(join(folder, 'nginx.conf'), `daemon off;\n${configuration}`)
  await writeFile(join(folder, 'entrypoint.sh'), await adapt('entrypoint.sh', places))
  const errorLog = join(folder, 'error.log')
  const argv = ['sh', join(folder, 'entrypoint.sh'), '-c', join(folder, 'nginx.conf'), '-e', errorLog]
  const variables = {
    ...(await placesOf(t, upstreams)),
    OPERATORS_DOOR: operatorsDoor,
    CORS_ORIGINS: corsOrigins,
  }
  const nginx = startProcess({ name: 'nginx', argv, env: { ...env, ...variables } }, { log: errorLog })
  const stop = async () => void (await nginx.stop())
  cleanUp(t, stop)
  await nginx.untilReady(async () => (await statusOf(`${url}/healthz`)) === 200, { timeoutMs: 30_000 })
  const logs = async () =>
    (await readFile(join(folder, 'access.log'), 'utf8')) + (await readFile(errorLog, 'utf8'))
  return { url, logs, stop }
}

/** Returns the variables that say where the services are. */
async function placesOf(t: Lifetime, upstreams: Upstreams): Promise<Record<string, string>> {
  if ('ports' in upstreams) {
    const { user, product, order, relay } = upstreams.ports
    return {
      USER_SERVICE_URL: `http://127.0.0.1:${user}`,
      PRODUCT_SERVICE_URL: `http://127.0.0.1:${product}`,
      ORDER_SERVICE_URL: `http://127.0.0.1:${order}`,
      RELAY_SERVICE_URL: `http://127.0.0.1:${relay}`,
    }
  }
  const nameServer = await startNameServer(t, upstreams.addresses)
  return {
    RESOLVER: `127.0.0.1:${nameServer}`,
    ORDER_SERVICE_URL: `http://order:${upstreams.orderPort}`,
  }
}

/**
 * Returns a file of the gateway with `changes`. Throws when one of them changes nothing, because the file has
 * changed then.
 */
async function adapt(file: string, changes: Record<string, string>): Promise<string> {
  const text = await readFile(join(source, file), 'utf8')
  return Object.entries(changes).reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`${file} has no ${from}`)
    return changed.replaceAll(from, to)
  }, text)
}
