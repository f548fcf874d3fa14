import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { IdempotencyRepository } from './db/idempotency-repository.ts'

/** Rows per statement, few enough that it stays short. */
const batchSize = 1000

/** Deletes expired answers in the background, every `everyMs`. Returns a function that stops it. Any number of replicas may run it. */
export function startExpiringAnswers(
  answers: Pick<IdempotencyRepository, 'deleteExpired'>,
  { everyMs, log }: { everyMs: number; log: Logger },
): () => void {
  const stopped = new AbortController()

  async function deleteAllExpired() {
    try {
      let deleted: number
      do deleted = await answers.deleteExpired(batchSize)
      while (deleted === batchSize && !stopped.signal.aborted)
    } catch (error) {
      log.warn({ err: error }, 'expired idempotency keys could not be deleted; the next round will try again')
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
