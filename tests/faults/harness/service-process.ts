import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { serviceArgv } from '@shop/bench/subjects'
import type { ServiceName } from '@shop/database/services'
import { cleanUp } from '../../kit/clean-up.ts'

export type ServiceProcess = {
  name: string
  url: string
  pid(): number
  /** How it ended when nobody had told it to, each time. Must stay empty. */
  crashes: string[]
  /** Starts it, on the same port as before, and resolves when it listens. */
  start(): Promise<void>
  /** Resolves when /readyz answers 200. */
  untilReady(): Promise<void>
  /** Ends it with this signal and resolves to how it ended, e.g. `SIGKILL` or `0`. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<string>
  /** SIGSTOP and SIGCONT: as when a machine is paused. */
  freeze(frozen: boolean): void
  /** Resident memory in MiB. */
  memoryMiB(): Promise<number>
  /** What it has logged. */
  log(): Promise<string>
}

const root = join(import.meta.dirname, '../../..')
const withParent = import.meta.resolve('@shop/commands/exit-with-parent')
const startTimeoutMs = 60_000

/** The real service in a process of its own, configured by its environment alone; ended by kill -9 with the test. */
export async function startService(
  t: TestContext,
  options: { name: ServiceName; port: number; folder: string; env: Record<string, string> },
): Promise<ServiceProcess> {
  const { name, port, folder, env } = options
  const url = `http://${env.HOST ?? '127.0.0.1'}:${port}`
  const logFile = join(folder, `${name}-${port}.txt`)
  const crashes: string[] = []
  let child: ChildProcess | undefined
  let ending = false

  async function start() {
    const { PATH = '', NODE_COMPILE_CACHE = join(root, '.data/compile-cache') } = process.env
    // straight into the file, as npm start does
    const log = openSync(logFile, 'a')
    const started = spawn(process.execPath, ['--import', withParent, ...serviceArgv.slice(1)], {
      cwd: join(root, 'services', name),
      env: { PATH, NODE_COMPILE_CACHE, HOST: '127.0.0.1', PORT: String(port), ...env },
      stdio: ['ignore', log, log, 'ipc'],
    })
    child = started
    ending = false
    closeSync(log)
    started.once('exit', (code, signal) => {
      if (!ending) crashes.push(String(signal ?? code))
    })
    await until(async () => {
      if (crashes.length > 0) throw new Error(`${name} ended with ${crashes}: ${await tail()}`)
      return (await statusOf(`${url}/healthz`)) === 200
    }, `${name} to listen`)
  }

  const tail = async () => (await readFile(logFile, 'utf8')).split('\n').slice(-20).join('\n')

  async function end(signal: 'SIGKILL' | 'SIGTERM') {
    ending = true
    if (!child || child.exitCode !== null || child.signalCode !== null) return 'not running'
    const exit = once(child, 'exit')
    child.kill(signal)
    const [code, by] = await exit
    return String(by ?? code)
  }
  cleanUp(t, () => end('SIGKILL'))

  await start()
  return {
    name,
    url,
    pid: () => child?.pid as number,
    crashes,
    start,
    untilReady: () => until(async () => (await statusOf(`${url}/readyz`)) === 200, `${name} to be ready`),
    end,
    freeze: (frozen) => void child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
    async memoryMiB() {
      const status = await readFile(`/proc/${child?.pid}/status`, 'utf8')
      return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)
    },
    log: () => readFile(logFile, 'utf8'),
  }
}

async function until(condition: () => Promise<boolean>, what: string) {
  for (const deadline = Date.now() + startTimeoutMs; !(await condition()); await setTimeout(20)) {
    if (Date.now() > deadline) throw new Error(`waited too long for ${what}`)
  }
}

/** The status that `url` is answered with; undefined when there is no answer. */
export async function statusOf(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(20_000) })
    await response.body?.cancel()
    return response.status
  } catch {
    return undefined
  }
}
