import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'

export type Command = {
  name: string
  /** `node` stands for the Node.js that runs this. */
  argv: string[]
  cwd: string
  env: Record<string, string>
}

export type RunningProcess = {
  name: string
  pid: number
  logPath: string
  /** Throws, with the end of its log, when it has ended. */
  check(): void
  /** Resolves when `probe` does not throw any more. */
  untilReady(probe: () => Promise<void>, signal: AbortSignal): Promise<void>
  /** A service that logs each request writes gigabytes in a run. */
  emptyLog(): void
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 10_000
const POLL_MS = 5

/** Starts a process with its output in `<logFolder>/<name>.log`, which is removed when it is stopped, and kept when it failed. */
export function startProcess({ name, argv, cwd, env }: Command, logFolder: string): RunningProcess {
  const logPath = `${logFolder}/${name}.log`
  rmSync(logPath, { force: true })
  // appending, so that an emptied log does not keep a hole in front
  const log = openSync(logPath, 'a')
  const [program = '', ...args] = argv
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })

  function check() {
    if (failure) throw new Error(`${name} does not start: ${failure.message}`)
    if (child.exitCode === null && child.signalCode === null) return
    const how = child.signalCode ?? `exit code ${child.exitCode}`
    throw new Error(`${name} ended with ${how}; the end of ${logPath}:\n${tail(logPath)}`)
  }

  return {
    name,
    pid: child.pid ?? -1,
    logPath,
    check,
    async untilReady(probe, signal) {
      const deadline = performance.now() + READY_TIMEOUT_MS
      for (;;) {
        signal.throwIfAborted()
        check()
        try {
          return await probe()
        } catch (cause) {
          if (performance.now() > deadline)
            throw new Error(
              `${name} is not ready after ${READY_TIMEOUT_MS / 1000} s (its log is ${logPath})`,
              {
                cause,
              },
            )
        }
        await setTimeout(POLL_MS)
      }
    },
    emptyLog: () => truncateSync(logPath),
    async stop() {
      const alive = child.kill('SIGTERM')
      const slow = new AbortController()
      setTimeout(STOP_TIMEOUT_MS, undefined, { signal: slow.signal }).then(
        () => child.kill('SIGKILL'),
        () => {},
      )
      await ended
      slow.abort()
      if (alive) rmSync(logPath, { force: true })
    },
  }
}

const tail = (path: string) => readFileSync(path, 'utf8').trim().split('\n').slice(-8).join('\n')

/** Ports that were free a moment ago, all different. */
export async function freePorts<Name extends string>(...names: Name[]): Promise<Record<Name, number>> {
  const servers = names.map(() => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  for (const server of servers) server.close()
  return Object.fromEntries(names.map((name, index) => [name, ports[index]])) as Record<Name, number>
}

/** Linux counts a process's time in hundredths of a second (USER_HZ, the same on all of its platforms). */
const MICROSECONDS_PER_TICK = 10_000

/** CPU time that a process has used, in microseconds. Undefined where there is no /proc. */
export function cpuTime(pid: number): number | undefined {
  const stat = readStat(pid)
  return stat && (stat.own + stat.children) * MICROSECONDS_PER_TICK
}

/** The same of a process and its children, those that have ended among them. */
export function cpuTimeOfFamily(pid: number): number | undefined {
  const parent = cpuTime(pid)
  if (parent === undefined) return undefined
  return pids()
    .map(readStat)
    .filter((stat) => stat?.parent === pid)
    .reduce((sum, stat) => sum + (stat?.own ?? 0) * MICROSECONDS_PER_TICK, parent)
}

export function parentOf(pid: number): number | undefined {
  return readStat(pid)?.parent
}

/** Memory that a process holds (VmRSS) and the most that it ever held (VmHWM), in MB of 2^20 bytes. */
export function memory(pid: number): { now: number; peak: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const megabytes = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024
    return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') }
  } catch {
    return undefined
  }
}

const pids = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** Of /proc/<pid>/stat, see proc_pid_stat(5); the name of the program, in brackets, may hold anything. */
function readStat(pid: number): { parent: number; own: number; children: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15)
    return { parent: fields[1] ?? 0, own: utime + stime, children: cutime + cstime }
  } catch {
    // it has ended, or this is not Linux
    return undefined
  }
}
