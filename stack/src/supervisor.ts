import { setTimeout } from 'node:timers/promises'
import { type ProcessSpec, type RunningProcess, startProcess } from './child-process.ts'
import type { LogFile } from './log-file.ts'

export type SupervisorOptions = {
  log: LogFile
  report: (line: string) => void
  /** Called with the reason when the process has crashed too often to go on. */
  onGiveUp: (reason: string) => void
  /** After a crash, wait for a call of restart() instead of starting it again: the code is about to change. */
  waitsAfterCrash?: boolean
  backoffMs?: number
}

export type Supervisor = {
  /** Resolves when it is ready, rejects when it does not get so far: then it is not started again. */
  start(signal: AbortSignal): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
  kill(): void
}

const MAX_CRASHES = 5
const CRASH_WINDOW_MS = 60_000
const MAX_BACKOFF_MS = 8000

/** Keeps one process running: a crash is reported and followed by a new start, later each time. */
export function supervise(spec: ProcessSpec, options: SupervisorOptions): Supervisor {
  const { log, report, onGiveUp, waitsAfterCrash = false, backoffMs = 500 } = options
  let current: RunningProcess | undefined
  let crashes: number[] = []
  let stopped = false
  // ends when the process is meant to end, and with it all that waits for the process
  let lifetime = new AbortController()
  let restarts = Promise.resolve()

  function launch(): RunningProcess {
    current = startProcess(spec, log)
    return current
  }

  function watch(running: RunningProcess) {
    const { signal } = lifetime
    void running.ended.then((how) => {
      if (!signal.aborted) void recover(how, signal)
    })
  }

  async function recover(how: string, signal: AbortSignal) {
    if (waitsAfterCrash) return report(`${spec.name} ended with ${how}; it starts again when a file changes`)
    crashes = [...crashes.filter((time) => Date.now() - time < CRASH_WINDOW_MS), Date.now()]
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
      await running.untilReady(signal)
      report(`${spec.name} ${news}`)
    } catch (error) {
      // one that has ended is reported by recover(); one that lives may yet become ready
      if (running.isAlive() && !signal.aborted) report((error as Error).message)
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
      await running.untilReady(AbortSignal.any([signal, lifetime.signal]))
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
