import { setTimeout } from 'node:timers/promises'
import { type RunningProcess, startProcess } from '@shop/commands/processes'
import { statusOf } from '@shop/commands/status-of'
import type { LogFile } from './log-file.ts'

/** A process of the stack, configured by its environment alone. */
export type ProcessSpec = {
  name: string
  script: string
  cwd: string
  env: Record<string, string>
  /** Answers 200 once the process is ready. */
  readyUrl: string
}

export type SupervisorOptions = {
  log: LogFile
  report: (line: string) => void
  /** Called with the reason when the process has crashed too often. */
  onGiveUp: (reason: string) => void
  /** After a crash, wait for restart() instead of restarting: the code is about to change. */
  waitsAfterCrash?: boolean
  backoffMs?: number
}

export type Supervisor = {
  /** Resolves when the process is ready. Rejects when it does not become ready, and does not restart it. */
  start(signal: AbortSignal): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
  kill(): void
}

const READY_TIMEOUT_MS = 30_000
const PROBE_TIMEOUT_MS = 2000
const MAX_CRASHES = 5
const CRASH_WINDOW_MS = 60_000
const MAX_BACKOFF_MS = 8000

/** Keeps a process running: reports each crash and restarts it, after a longer pause each time. */
export function supervise(spec: ProcessSpec, options: SupervisorOptions): Supervisor {
  const { log, report, onGiveUp, waitsAfterCrash = false, backoffMs = 500 } = options
  let current: RunningProcess | undefined
  let crashes: number[] = []
  let stopped = false
  // aborted when the process must end; this also cancels everything that waits for it
  let lifetime = new AbortController()
  let restarts = Promise.resolve()

  function launch(): RunningProcess {
    const { name, script, cwd, env } = spec
    current = startProcess(
      { name, argv: ['node', script], cwd, env },
      { log: log.path, endsWithUs: true, ownGroup: true },
    )
    return current
  }

  async function untilReady(running: RunningProcess, signal: AbortSignal) {
    const isReady = async () => (await statusOf(spec.readyUrl, { timeoutMs: PROBE_TIMEOUT_MS })) === 200
    try {
      await running.untilReady(isReady, { signal, timeoutMs: READY_TIMEOUT_MS, pollMs: 50, quotedLines: 0 })
    } finally {
      log.follow()
    }
  }

  function watch(running: RunningProcess) {
    const { signal } = lifetime
    void running.ended.then((how) => {
      log.follow()
      if (!signal.aborted) void recover(how, signal)
    })
  }

  async function recover(how: string, signal: AbortSignal) {
    if (waitsAfterCrash) return report(`${spec.name} ended with ${how}; it starts again when a file changes`)
    crashes = [...crashes.filter((time) => performance.now() - time < CRASH_WINDOW_MS), performance.now()]
    if (crashes.length > MAX_CRASHES) {
      return onGiveUp(
        `${spec.name} crashed ${crashes.length} times within a minute, the last time with ${how}; its log is ${log.path}`,
      )
    }
    const delayMs = Math.min(backoffMs * 2 ** (crashes.length - 1), MAX_BACKOFF_MS)
    report(
      `${spec.name} ended with ${how} (its log is ${log.path}); starting it again in ${delayMs / 1000} s`,
    )
    await setTimeout(delayMs, undefined, { signal }).catch(() => {})
    if (!signal.aborted) await relaunch(signal, 'runs again')
  }

  async function relaunch(signal: AbortSignal, news: string) {
    const running = launch()
    watch(running)
    try {
      await untilReady(running, signal)
      report(`${spec.name} ${news}`)
    } catch (error) {
      // recover() reports a process that has ended; one that is still running may become ready
      if (running.howEnded() === undefined && !signal.aborted) report((error as Error).message)
    }
  }

  async function restart() {
    lifetime.abort()
    await current?.stop()
    if (stopped) return
    lifetime = new AbortController()
    await relaunch(lifetime.signal, 'restarted')
  }

  return {
    async start(signal) {
      const running = launch()
      await untilReady(running, AbortSignal.any([signal, lifetime.signal]))
      watch(running)
    },
    restart() {
      restarts = restarts.then(restart)
      return restarts
    },
    async stop() {
      stopped = true
      lifetime.abort()
      await restarts
      await current?.stop()
    },
    kill: () => current?.kill(),
  }
}
