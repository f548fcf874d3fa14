import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'

/** Rows per statement, few enough that it stays short. */
const batchSize = 1000

/**
 * Deletes expired rows in the background, every `everyMs`; any number of replicas may do so. `deleteExpired`
 * deletes at most the given number of rows and returns how many it deleted. `what` names them in the log.
 * Returns a function that stops it.
 */
export function startDeletingExpired(
  deleteExpired: (limit: number) => Promise<number>,
  { everyMs, what, log }: { everyMs: number; what: string; log: Pick<Logger, 'warn'> },
): () => void {
  const stopped = new AbortController()

  async function deleteAllExpired() {
    try {
      let deleted: number
      do deleted = await deleteExpired(batchSize)
      while (deleted === batchSize && !stopped.signal.aborted)
    } catch (error) {
      log.warn({ err: error }, `expired ${what} could not be deleted; the next round will try again`)
    }
  }

  async function repeat() {
    for (;;) {
      await setTimeout(everyMs, undefined, { signal: stopped.signal, ref: false })
      await deleteAllExpired()
    }
  }

  // rejects only when the wait is aborted, which is how it stops
  repeat().catch(() => undefined)
  return () => stopped.abort()
}
