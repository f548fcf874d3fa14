import { closeSync, openSync } from 'node:fs'
import { readFile, stat, truncate } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { spawnAs } from './account.ts'
import type { Cluster } from './cluster.ts'
import { readLockFile } from './lock-file.ts'

const STOP_TIMEOUT_MS = 30_000
const MAX_LOG_BYTES = 10 * 1024 * 1024

/** A server that this process started; `failure` is the end of its log when it has failed to start. */
export type StartedServer = { running: boolean; failure: string }

/**
 * Starts the server as a process that outlives this one. It may still fail, for example because another one
 * runs.
 */
export async function startServer(cluster: Cluster, options: { durable: boolean }): Promise<StartedServer> {
  const port = await freePort(await lastPort(cluster))
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    // a socket's path may have 107 bytes, which the path of a clone can exceed
    unix_socket_directories: '',
    max_connections: 100,
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // commits still reach the operating system immediately, so that kill -9 of the server loses nothing
    // either way
    ...(options.durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  }
  const logStart = await trimLog(cluster.log)
  const log = openSync(cluster.log, 'a', 0o600)
  const args = [
    '-D',
    cluster.data,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const child = spawnAs(cluster.account, cluster.binaries.postgres, args, ['ignore', log, log])
  closeSync(log)
  child.unref()

  const server: StartedServer = { running: true, failure: '' }
  child.once('error', (error) => Object.assign(server, { running: false, failure: error.message }))
  child.once('exit', async (code) => {
    // 0: it was stopped; null: it was killed
    if (code) server.failure = await tail(cluster.log, logStart)
    server.running = false
  })
  return server
}

/** Returns the port of the server that runs here, or of one that was killed. Undefined if there is none. */
export async function serverPort(cluster: Cluster): Promise<number | undefined> {
  return Number((await readLockFile(cluster))?.[3]) || undefined
}

/** Stops the server as `pg_ctl stop -m fast` does. */
export async function stopServer(cluster: Cluster): Promise<void> {
  const pid = Number((await readLockFile(cluster))?.[0])
  if (!pid) return
  const deadline = performance.now() + STOP_TIMEOUT_MS
  let signal: NodeJS.Signals | 0 = 'SIGINT'
  while (sendSignal(pid, signal) && (await readLockFile(cluster))) {
    signal = 0
    if (performance.now() > deadline)
      throw new Error(`PostgreSQL (process ${pid}) did not stop within ${STOP_TIMEOUT_MS / 1000} s.`)
    await setTimeout(20)
  }
}

/** Returns false when there is no such process. */
function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

/** Returns the previous port, so that the database keeps its URL if possible. */
async function lastPort(cluster: Cluster) {
  const text = await readFile(join(cluster.data, 'postmaster.opts'), 'utf8').catch(() => '')
  return Number(/"port=(\d+)"/.exec(text)?.[1] ?? 0)
}

async function freePort(preferred: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const probe = createServer()
  probe.once('error', reject)
  probe.listen(preferred, '127.0.0.1', () => {
    const { port } = probe.address() as { port: number }
    probe.close(() => resolve(port))
  })
  return promise.catch((error) => {
    if (preferred === 0) throw error
    return freePort(0)
  })
}

/** Empties a log that has grown too large. Returns the size of the log. */
async function trimLog(path: string): Promise<number> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0
  if (size <= MAX_LOG_BYTES) return size
  await truncate(path)
  return 0
}

async function tail(path: string, start: number): Promise<string> {
  const text = (await readFile(path).catch(() => Buffer.alloc(0))).subarray(start).toString()
  const lines = text.trim().split('\n').slice(-8)
  // without time and process id, the same failure has the same text, and is reported once
  return lines.map((line) => line.replace(/^\S+ \S+ \S+ \[\d+\] /, '')).join('\n')
}
