import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { freePorts } from '@shop/commands/ports'
import { cleanUp } from './clean-up.ts'

/** A user's PATH may lack sbin, where distributions install it. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }

/** The reason to skip tests that need PgBouncer, or false where it is installed. */
export const withoutPgBouncer =
  spawnSync('pgbouncer', ['--version'], { env }).error !== undefined && 'pgbouncer is not installed here'

/** PgBouncer refuses to run as root. 65534 is the user nobody on every Linux. */
const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

const startTimeoutMs = 10_000

export type PgBouncerOptions = {
  poolMode: 'session' | 'transaction'
  /** Roles that may log in, with their passwords. */
  logins: Record<string, string>
  /** Additional lines for the section [pgbouncer]. */
  lines?: string[]
}

/**
 * Starts PgBouncer on loopback in front of the server of `target`, with four server connections, fewer than a
 * service has, so that in transaction mode they constantly change clients. Returns a function that points a
 * URL to it.
 */
export async function startPgBouncer(
  t: TestContext,
  target: string,
  { poolMode, logins, lines = [] }: PgBouncerOptions,
): Promise<(databaseUrl: string) => string> {
  const folder = await mkdtemp(join(tmpdir(), 'pgbouncer-'))
  cleanUp(t, () => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  const [port = 0] = await freePorts(1)
  const { hostname, port: serverPort } = new URL(target)
  const users = Object.entries(logins).map(([role, password]) => `"${role}" "${password}"`)
  await writeFile(join(folder, 'userlist.txt'), `${users.join('\n')}\n`)
  const configuration = [
    '[databases]',
    `* = host=${hostname} port=${serverPort}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${join(folder, 'userlist.txt')}`,
    `pool_mode = ${poolMode}`,
    `default_pool_size = ${poolMode === 'session' ? 20 : 4}`,
    ...lines,
  ]
  const path = join(folder, 'pgbouncer.ini')
  await writeFile(path, `${configuration.join('\n')}\n`)

  const child = spawn('pgbouncer', [path], { env, stdio: ['ignore', 'ignore', 'pipe'], ...account })
  let log = ''
  child.stderr.on('data', (chunk) => (log += chunk))
  const exit = once(child, 'exit')
  cleanUp(t, () => {
    child.kill('SIGKILL')
    return exit
  })
  for (
    const deadline = performance.now() + startTimeoutMs;
    !(await isListening(port));
    await setTimeout(20)
  ) {
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`PgBouncer does not start: ${log}`)
  }
  return (databaseUrl) => Object.assign(new URL(databaseUrl), { port: String(port) }).href
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
