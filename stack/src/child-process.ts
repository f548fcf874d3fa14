import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import type { LogFile } from './log-file.ts'

/** One process of the stack, configured by its environment alone. */
export type ProcessSpec = {
  name: string
  script: string
  cwd: string
  env: Record<string, string>
  /** Answers 200 once the process can serve. */
  readyUrl: string
}

export type RunningProcess = {
  /** Resolves, when it has ended, to how, e.g. `exit code 1`. */
  ended: Promise<string>
  isAlive(): boolean
  /** Resolves when it answers at readyUrl. Rejects when it ends or takes too long. */
  untilReady(signal: AbortSignal): Promise<void>
  /** SIGTERM, and SIGKILL if that does not end it soon. */
  stop(): Promise<void>
  kill(): void
}

const READY_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 8000
const PRELOAD = import.meta.resolve('@shop/commands/exit-with-parent')

export function startProcess(spec: ProcessSpec, log: LogFile): RunningProcess {
  const child = spawn(process.execPath, ['--import', PRELOAD, spec.script], {
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    // in a group of its own: a Ctrl-C in the terminal is for the launcher, which ends the others in their order
    detached: true,
  })
  const ended = untilEnded(child).finally(log.follow)
  const kill = () => void child.kill('SIGKILL')

  return {
    ended,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    kill,
    async untilReady(signal) {
      const over = new AbortController()
      const limit = AbortSignal.any([signal, over.signal, AbortSignal.timeout(READY_TIMEOUT_MS)])
      const failed = ended.then((how) => {
        signal.throwIfAborted()
        throw new Error(`${spec.name} ended with ${how} before it was ready`)
      })
      try {
        await Promise.race([failed, pollUntilReady(spec, limit)])
      } finally {
        over.abort()
      }
    },
    async stop() {
      child.kill('SIGTERM')
      const cancel = new AbortController()
      const deadline = setTimeout(STOP_TIMEOUT_MS, undefined, { signal: cancel.signal }).then(kill, () => {})
      await ended
      cancel.abort()
      await deadline
    },
  }
}

function untilEnded(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  child.once('error', (error) => resolve(error.message))
  child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`))
  return promise
}

async function pollUntilReady(spec: ProcessSpec, signal: AbortSignal) {
  while (!(await isReady(spec.readyUrl))) {
    if (signal.aborted) {
      throw signal.reason.name === 'TimeoutError'
        ? new Error(`${spec.name} was not ready within ${READY_TIMEOUT_MS / 1000} s`)
        : signal.reason
    }
    await setTimeout(50)
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000), redirect: 'error' })
    await response.body?.cancel()
    return response.status === 200
  } catch {
    // not listening yet
    return false
  }
}
