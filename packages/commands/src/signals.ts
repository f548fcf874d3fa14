export type EndSignals = {
  /** Aborted by the first signal: stop in good order. */
  ending: AbortSignal
  /** Aborted by the second one: stop immediately. A third ends the process. */
  hurry: AbortSignal
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** npm hands on the Ctrl-C that this process has had from the terminal already. */
const ECHO_MS = 500
const PARENT_POLL_MS = 500

/** Takes over the signals that end a process. `announce` prints what the first one has begun. */
export function watchSignals(announce: (text: string) => void): EndSignals {
  const ending = new AbortController()
  const hurry = new AbortController()
  let last = Number.NEGATIVE_INFINITY

  function onSignal() {
    const isEcho = performance.now() - last < ECHO_MS
    if (isEcho) return
    last = performance.now()
    if (hurry.signal.aborted) process.exit(1)
    if (ending.signal.aborted) return hurry.abort()
    announce('stopping … (press Ctrl-C again to stop immediately)')
    ending.abort()
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  endWithNpm(() => ending.abort())
  return { ending: ending.signal, hurry: hurry.signal }
}

/** A shell between npm and us does not hand on its signals: whoever ends npm leaves us behind, and means us too. */
function endWithNpm(end: () => void) {
  if (!process.env.npm_lifecycle_event) return
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) end()
  }, PARENT_POLL_MS).unref()
}
