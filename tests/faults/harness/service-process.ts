import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { memory } from '@shop/commands/process-usage'
import { type RunningProcess, startProcess } from '@shop/commands/processes'
import { serviceArgv } from '@shop/commands/service-argv'
import { statusOf } from '@shop/commands/status-of'
import type { ServiceName } from '@shop/database/services'
import { cleanUp } from '../../kit/clean-up.ts'

export type ServiceProcess = {
  name: string
  url: string
  pid(): number
  /** How it ended, each time it ended without being stopped. Must stay empty. */
  crashes: string[]
  /** Starts it, on the same port as before, and resolves when it listens. */
  start(): Promise<void>
  /** Resolves when /readyz answers 200. */
  untilReady(): Promise<void>
  /** Ends it with this signal and resolves to how it ended, e.g. `signal SIGKILL` or `exit code 0`. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<string>
  /** Pauses or continues it (SIGSTOP, SIGCONT), as a paused machine would. */
  freeze(frozen: boolean): void
  /** Returns its resident memory in MiB. */
  memoryMiB(): number
  /** Returns its log. */
  log(): Promise<string>
}

const root = join(import.meta.dirname, '../../..')

/**
 * Starts the real service in its own process, configured by its environment alone, and kills it at the end of
 * the test.
 */
export async function startService(
  t: TestContext,
  options: { name: ServiceName; port: number; folder: string; env: Record<string, string> },
): Promise<ServiceProcess> {
  const { name, port, folder, env } = options
  const url = `http://${env.HOST ?? '127.0.0.1'}:${port}`
  const log = join(folder, `${name}-${port}.txt`)
  const crashes: string[] = []
  let running: RunningProcess
  let stopping = false

  async function start() {
    const { PATH = '', NODE_COMPILE_CACHE = join(root, '.data/compile-cache') } = process.env
    running = startProcess(
      {
        name,
        argv: serviceArgv,
        cwd: join(root, 'services', name),
        env: { PATH, NODE_COMPILE_CACHE, HOST: '127.0.0.1', PORT: String(port), ...env },
      },
      { log, endsWithUs: true },
    )
    stopping = false
    void running.ended.then((how) => {
      if (!stopping) crashes.push(how)
    })
    await untilAnswers('/healthz')
  }

  const untilAnswers = (path: string) =>
    running.untilReady(async () => (await statusOf(url + path)) === 200, { quotedLines: 20 })

  async function end(signal: 'SIGKILL' | 'SIGTERM') {
    stopping = true
    running.kill(signal)
    return running.ended
  }
  cleanUp(t, () => end('SIGKILL'))

  await start()
  return {
    name,
    url,
    pid: () => running.pid,
    crashes,
    start,
    untilReady: () => untilAnswers('/readyz'),
    end,
    freeze: (frozen) => running.kill(frozen ? 'SIGSTOP' : 'SIGCONT'),
    memoryMiB: () => Math.round(memory(running.pid)?.now ?? Number.NaN),
    log: () => readFile(log, 'utf8'),
  }
}
