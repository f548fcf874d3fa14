import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { OWNER } from '@shop/database/embedded'
import { urlForRole } from '@shop/database/role-url'
import { defaultRoleName, forEachService, type Roles, type ServiceName } from '@shop/database/services'
import { openCluster } from '@shop/embedded-postgres/cluster'
import { type StartedServer, serverPort, startServer } from '@shop/embedded-postgres/server'
import { createDatabase, type Database } from '@shop/service/database/database'
import { createLogger } from '@shop/service/logger'
import { cleanUp } from '../../kit/clean-up.ts'

export type Postgres = {
  /** The owner's URL of the database `shop`. */
  url: string
  roles: Roles
  urlOf(service: ServiceName): string
  /** Connections as the owner, which reconnect by themselves like those of the services. */
  owner: Database
  /** The test's folder, on the same disk as the data. */
  folder: string
  /** Kills all its processes with SIGKILL; resolves when all have ended. */
  kill(): Promise<void>
  /** Starts it after a kill, on the same port; resolves as soon as it accepts connections. */
  start(): Promise<void>
  /** Whether it accepts a connection now. */
  isUp(): Promise<boolean>
}

const startTimeoutMs = 90_000
const roles = forEachService((service) => ({ name: defaultRoleName(service), password: service.name }))

/**
 * Starts a PostgreSQL for this test, in `parent` or a temporary folder, with an empty database `shop`: as
 * durable as in production (fsync on), ended with kill -9 when the test ends, and removed.
 */
export async function startPostgres(t: TestContext, parent = tmpdir()): Promise<Postgres> {
  const folder = await mkdtemp(join(parent, 'faults-'))
  cleanUp(t, () => rm(folder, { recursive: true, force: true }))
  // for the account that PostgreSQL runs as when this process is root
  await chmod(folder, 0o755)
  const cluster = await openCluster(folder, { owner: OWNER, durable: true, log: () => {} })
  const readPid = async () => {
    const text = await readFile(join(cluster.data, 'postmaster.pid'), 'utf8').catch(() => '')
    return Number(text.split('\n', 1)[0]) || undefined
  }
  let port: number | undefined
  if (running.size === 0) for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, giveUp)

  const start = async () => {
    let server: StartedServer | undefined
    for (const deadline = performance.now() + startTimeoutMs; ; await setTimeout(10)) {
      // the lock of a killed server may remain for a moment, so a failed start is repeated
      if (!server?.running) server = await startServer(cluster, { durable: true })
      if (await canConnect(await serverPort(cluster), cluster.password)) break
      if (performance.now() > deadline) throw new Error(`PostgreSQL does not start: ${server.failure}`)
    }
    const now = await serverPort(cluster)
    if (port !== undefined && now !== port) throw new Error(`another program took port ${port} meanwhile`)
    port = now
    running.set(folder, (await readPid()) as number)
  }
  const kill = async () => {
    const pid = await readPid()
    if (pid) await killTree(pid)
    running.delete(folder)
  }
  cleanUp(t, kill)
  await start()

  const admin = openDatabase(`postgres://${OWNER}:${cluster.password}@127.0.0.1:${port}/postgres`)
  await admin.query({ text: 'CREATE DATABASE shop' })
  await admin.close()
  const url = `postgres://${OWNER}:${cluster.password}@127.0.0.1:${port}/shop`
  const owner = openDatabase(url)
  cleanUp(t, () => owner.close())
  return {
    url,
    roles,
    urlOf: (service) => urlForRole(url, roles[service]),
    owner,
    folder,
    kill,
    start,
    isUp: () => canConnect(port, cluster.password),
  }
}

/** The postmasters' process ids, by folder. */
const running = new Map<string, number>()

/**
 * Cleans up on a signal in the middle of a test: the server is not a child process and would outlive this
 * one.
 */
function giveUp() {
  for (const [folder, pid] of running) {
    // its children notice and exit
    signal(pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
  process.exit(1)
}

const logger = createLogger({ name: 'faults', level: 'silent' })

/** Opens connections for the test itself. */
export function openDatabase(databaseUrl: string): Database {
  return createDatabase(
    {
      databaseUrl,
      databasePoolSize: 4,
      databaseConnectTimeoutMs: 10_000,
      databaseQueryTimeoutMs: 60_000,
      databasePrepared: true,
    },
    { name: 'faults', logger },
  )
}

async function canConnect(port: number | undefined, password: string): Promise<boolean> {
  if (!port) return false
  const db = openDatabase(`postgres://${OWNER}:${password}@127.0.0.1:${port}/postgres`)
  try {
    await db.query({ text: 'SELECT 1' })
    return true
  } catch {
    return false
  } finally {
    await db.close()
  }
}

/** Sends SIGKILL to the postmaster and all its children at the same time. */
async function killTree(postmaster: number): Promise<void> {
  const all = async () => (await processes()).filter(({ pid, parent }) => [pid, parent].includes(postmaster))
  // so that it starts no other process meanwhile
  signal(postmaster, 'SIGSTOP')
  const pids = (await all()).map(({ pid }) => pid)
  for (const pid of pids) signal(pid, 'SIGKILL')
  while ((await processes()).some(({ pid }) => pids.includes(pid))) await setTimeout(5)
}

function signal(pid: number, name: NodeJS.Signals) {
  try {
    process.kill(pid, name)
  } catch {
    // it has already ended
  }
}

/** Returns the running processes on this machine, without zombies. */
async function processes(): Promise<{ pid: number; parent: number }[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat='])
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }))
}
