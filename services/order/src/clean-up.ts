import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { IdempotencyRepository } from './db/idempotency-repository.ts'

/** Rows to delete in one statement: few enough that it never takes long. */
const batchSize = 1000

/** Deletes expired answers every so often, in the background; returns what stops it. Any number of replicas may do so. */
export function startCleanUp(
  answers: Pick<IdempotencyRepository, 'deleteExpired'>,
  { everyMs, log }: { everyMs: number; log: Logger },
): () => void {
  const stopped = new AbortController()

  async function cleanUp() {
    try {
      let deleted: number
      do deleted = await answers.deleteExpired(batchSize)
      while (deleted === batchSize && !stopped.signal.aborted)
    } catch (error) {
      log.warn({ err: error }, 'expired idempotency keys could not be deleted; the next round will try again')
    }
  }

  async function cleanUpEverySoOften() {
    for (;;) {
      await setTimeout(everyMs, undefined, { signal: stopped.signal, ref: false })
      await cleanUp()
    }
  }

  // what ends it is that the wait is aborted
  cleanUpEverySoOften().catch(() => undefined)
  return () => stopped.abort()
}
