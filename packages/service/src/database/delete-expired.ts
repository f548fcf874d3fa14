import type { Logger } from 'pino'
import { startRepeating } from '../repeat.ts'

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
  async function deleteAllExpired(stopped: AbortSignal) {
    let deleted: number
    do deleted = await deleteExpired(batchSize)
    while (deleted === batchSize && !stopped.aborted)
  }
  return startRepeating(deleteAllExpired, { everyMs, failure: `expired ${what} could not be deleted`, log })
}
