import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { freePorts } from '@shop/commands/ports'
import { statusOf } from '../faults/harness/service-process.ts'
import { cleanUp } from './clean-up.ts'
import { startNameServer } from './network/name-server.ts'

const configuration = join(import.meta.dirname, '../../gateway/nginx.conf')
/** A user's PATH need not have sbin, where distributions put it. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }

/** Why these tests cannot have nginx, or false when they can: for the `skip` of a test. */
export const withoutNginx =
  spawnSync('nginx', ['-v'], { env }).error !== undefined && 'nginx is not installed here'

/**
 * nginx with the configuration of the gateway, on loopback; only addresses, paths and ports differ. It finds the replicas
 * of the order service by DNS, as it does in Compose: `addresses`, all on `orderPort`.
 */
export async function startNginx(
  t: TestContext,
  { addresses, orderPort }: { addresses: string[]; orderPort: number },
): Promise<{ url: string; errors(): Promise<string> }> {
  const folder = await mkdtemp(join(tmpdir(), 'faults-nginx-'))
  cleanUp(t, () => rm(folder, { recursive: true, force: true }))
  // its workers are not root even where we are
  await chmod(folder, 0o777)
  await mkdir(join(folder, 'gateway.d'))
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const nameServer = await startNameServer(t, addresses)
  const adapted = replaceAll(await readFile(configuration, 'utf8'), {
    'resolver 127.0.0.11': `resolver 127.0.0.1:${nameServer}`,
    'listen 8080': `listen 127.0.0.1:${port}`,
    'order:3003': `order:${orderPort}`,
    '/tmp/': `${folder}/`,
    '/dev/stdout': `${folder}/access.log`,
    'error_log stderr': `error_log ${folder}/error.log`,
    '/etc/nginx/gateway.d': `${folder}/gateway.d`,
  })
  await writeFile(join(folder, 'nginx.conf'), `daemon off;\n${adapted}`)
  const errorLog = join(folder, 'error.log')
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-e', errorLog], { env, stdio: 'ignore' })
  const exit = once(child, 'exit')
  cleanUp(t, () => {
    child.kill('SIGTERM')
    return exit
  })
  for (
    const deadline = Date.now() + 30_000;
    (await statusOf(`${url}/healthz`)) !== 200;
    await setTimeout(50)
  ) {
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`nginx does not start: ${await readFile(errorLog, 'utf8')}`)
  }
  return { url, errors: () => readFile(errorLog, 'utf8') }
}

/** Throws when one of `changes` changes nothing: the configuration is then no longer what we think it is. */
function replaceAll(text: string, changes: Record<string, string>): string {
  return Object.entries(changes).reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`${configuration} has no ${from}`)
    return changed.replaceAll(from, to)
  }, text)
}
