import type { Logger } from 'pino'
import type { IdempotencyRepository } from './db/idempotency-repository.ts'

/** Rows to delete in one statement: few enough that it never takes long. */
const batchSize = 1000

/** Deletes expired answers every so often, in the background; returns what stops it. Any number of replicas may do so. */
export function startCleanUp(
  answers: IdempotencyRepository,
  { everyMs, log }: { everyMs: number; log: Logger },
): () => void {
  async function cleanUp() {
    try {
      let deleted: number
      do deleted = await answers.deleteExpired(batchSize)
      while (deleted === batchSize)
    } catch (error) {
      log.warn({ err: error }, 'expired idempotency keys could not be deleted; the next round will try again')
    }
  }
  const timer = setInterval(() => void cleanUp(), everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
