export type EndSignals = {
  /** Aborted by the first signal: stop gracefully. */
  stopping: AbortSignal
  /** Aborted by the second one: stop immediately. A third ends the process. */
  forced: AbortSignal
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** npm forwards the Ctrl-C that this process has already received from the terminal. */
const ECHO_MS = 500
const PARENT_POLL_MS = 500

/** Handles the signals that end a process. `announce` prints that the first one was received. */
export function watchSignals(announce: (text: string) => void): EndSignals {
  const stopping = new AbortController()
  const forced = new AbortController()
  let last = Number.NEGATIVE_INFINITY

  function onSignal() {
    const isEcho = performance.now() - last < ECHO_MS
    if (isEcho) return
    last = performance.now()
    if (forced.signal.aborted) process.exit(1)
    if (stopping.signal.aborted) return forced.abort()
    announce('stopping … (press Ctrl-C again to stop immediately)')
    stopping.abort()
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  endWithNpm(() => stopping.abort())
  return { stopping: stopping.signal, forced: forced.signal }
}

/**
 * A shell between npm and this process does not forward signals, so killing npm would leave this process
 * behind.
 */
function endWithNpm(end: () => void) {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) end()
  }, PARENT_POLL_MS).unref()
}
