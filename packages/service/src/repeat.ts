import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { untraced } from './tracing.ts'

/**
 * Calls `work` in the background, `everyMs` after it ended the last time, until the function that is returned is
 * called; `work` sees that by its signal. What it throws is logged as a warning that says `failure`.
 */
export function startRepeating(
  work: (signal: AbortSignal) => Promise<void>,
  { everyMs, failure, log }: { everyMs: number; failure: string; log: Pick<Logger, 'warn'> },
): () => void {
  const stopped = new AbortController()

  async function repeat() {
    for (;;) {
      await setTimeout(everyMs, undefined, { signal: stopped.signal, ref: false })
      try {
        await work(stopped.signal)
      } catch (error) {
        log.warn({ err: error }, `${failure}; the next round will try again`)
      }
    }
  }

  // rejects only when the wait is aborted, which is how it stops
  untraced(repeat).catch(() => undefined)
  return () => stopped.abort()
}
