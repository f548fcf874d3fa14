import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

export type Command = {
  name: string
  /** `node` stands for the Node.js that runs this. */
  argv: string[]
  cwd?: string
  /** The whole environment of the process. */
  env: NodeJS.ProcessEnv
}

export type ProcessOptions = {
  /**
   * The file that its output is appended to: not a pipe, so that its last lines are kept when this process is
   * gone. Without it the output is kept in memory, for processes that write little.
   */
  log?: string
  /** Whether it ends when this process ends, even by kill -9; for Node.js only. */
  endsWithUs?: boolean
  /** Whether a Ctrl-C in the terminal does not reach it, for a parent that stops its children in order. */
  ownGroup?: boolean
}

export type RunningProcess = {
  name: string
  /** -1 when it could not be started. */
  pid: number
  /** Resolves when it has ended, to `exit code 1`, `signal SIGKILL` or the reason why it did not start. */
  ended: Promise<string>
  /** Returns how it ended; undefined while it runs. */
  howEnded(): string | undefined
  /** Returns its output up to now. */
  output(): string
  /** Resolves when `probe` returns true. Throws when the process ends first, or is not ready in time. */
  untilReady(probe: Probe, options?: ReadyOptions): Promise<void>
  /** Sends SIGTERM, and SIGKILL when it has not ended after `timeoutMs` (8 s). Resolves to how it ended. */
  stop(timeoutMs?: number): Promise<string>
  kill(signal?: NodeJS.Signals): void
}

/** Whether the process can serve. */
export type Probe = () => boolean | Promise<boolean>

export type ReadyOptions = {
  /** Cancels the wait. */
  signal?: AbortSignal
  timeoutMs?: number
  pollMs?: number
  /** How many lines of its last output the error quotes. */
  quotedLines?: number
}

const STOP_TIMEOUT_MS = 8000
const PRELOAD = import.meta.resolve('@shop/commands/exit-with-parent')

/** Starts a process. One that cannot be started counts as ended. */
export function startProcess(command: Command, options: ProcessOptions = {}): RunningProcess {
  const child = spawnCommand(command, options)
  const { name } = command
  let written = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      written += text
    })
  let how: string | undefined
  const ended = untilEnded(child).then((end) => {
    how = end
    return end
  })
  const output = () => (options.log === undefined ? written : readFileSync(options.log, 'utf8'))

  return {
    name,
    pid: child.pid ?? -1,
    ended,
    howEnded: () => how,
    output,
    kill: (signal = 'SIGKILL') => void child.kill(signal),

    async untilReady(probe, { signal, timeoutMs = 60_000, pollMs = 20, quotedLines = 8 } = {}) {
      const fail = (what: string) => {
        const lines = quotedLines > 0 ? output().trim().split('\n').slice(-quotedLines) : []
        throw new Error([`${name} ${what}`, ...lines].join('\n'))
      }
      for (const deadline = performance.now() + timeoutMs; ; await setTimeout(pollMs)) {
        signal?.throwIfAborted()
        if (how !== undefined) fail(`ended with ${how} before it was ready`)
        if (await probe()) return
        if (performance.now() > deadline) fail(`was not ready within ${timeoutMs / 1000} s`)
      }
    },

    async stop(timeoutMs = STOP_TIMEOUT_MS) {
      child.kill('SIGTERM')
      const inTime = new AbortController()
      const deadline = setTimeout(timeoutMs, undefined, { signal: inTime.signal }).then(
        () => child.kill('SIGKILL'),
        () => {},
      )
      const end = await ended
      inTime.abort()
      await deadline
      return end
    },
  }
}

function spawnCommand({ argv, cwd, env }: Command, { log, endsWithUs, ownGroup }: ProcessOptions) {
  const [program = '', ...args] = argv
  const output = log === undefined ? 'pipe' : openSync(log, 'a')
  const spawnOptions: SpawnOptions = {
    cwd,
    env,
    stdio: ['ignore', output, output, ...(endsWithUs ? (['ipc'] as const) : [])],
    detached: ownGroup ?? false,
  }
  try {
    return spawn(
      program === 'node' ? process.execPath : program,
      endsWithUs ? ['--import', PRELOAD, ...args] : args,
      spawnOptions,
    )
  } finally {
    if (typeof output === 'number') closeSync(output)
  }
}

function untilEnded(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  child.once('error', (error) => resolve(error.message))
  // a pipe may still hold output when the process exits
  child.once(child.stdout ? 'close' : 'exit', (code: number | null, signal: NodeJS.Signals | null) =>
    resolve(signal ? `signal ${signal}` : `exit code ${code}`),
  )
  return promise
}
