import { rmSync, truncateSync } from 'node:fs'
import { type Command, startProcess } from '@shop/commands/processes'

export type LoggedProcess = {
  pid: number
  /** Throws an error with the end of its log if it has ended. */
  check(): void
  /** Resolves when `probe` no longer throws. */
  untilReady(probe: () => Promise<void>, signal: AbortSignal): Promise<void>
  /** Empties the log: a service that logs each request writes gigabytes in a run. */
  emptyLog(): void
  stop(): Promise<void>
}

/**
 * Starts a process that logs to `<folder>/<name>.log`. The file is removed when the process is stopped, and
 * kept if it failed.
 */
export function startLogged(command: Command, folder: string): LoggedProcess {
  const log = `${folder}/${command.name}.log`
  rmSync(log, { force: true })
  const running = startProcess(
    { ...command, env: { PATH: process.env.PATH ?? '', ...command.env } },
    // opened for appending, so that an emptied log does not become a sparse file
    { log },
  )
  return {
    pid: running.pid,
    check() {
      const how = running.howEnded()
      if (how === undefined) return
      const end = running.output().trim().split('\n').slice(-8).join('\n')
      throw new Error(`${command.name} ended with ${how}; the end of ${log}:\n${end}`)
    },
    untilReady: (probe, signal) => running.untilReady(() => succeeds(probe), { signal, pollMs: 5 }),
    emptyLog: () => truncateSync(log),
    async stop() {
      const wasRunning = running.howEnded() === undefined
      await running.stop()
      if (wasRunning) rmSync(log, { force: true })
    },
  }
}

const succeeds = (probe: () => Promise<void>) =>
  probe().then(
    () => true,
    () => false,
  )
