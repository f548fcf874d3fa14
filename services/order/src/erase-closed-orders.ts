import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { ErasureRepository } from './db/erasure-repository.ts'
import { sweepOrders } from './erase-orders.ts'

/**
 * Erases in the background, every `everyMs`, the orders that have closed since their erasure was requested. Returns a
 * function that stops it. Any number of replicas may run it.
 */
export function startErasingClosedOrders(
  erasures: Pick<ErasureRepository, 'claimDue' | 'eraseSlice' | 'complete'>,
  { everyMs, log }: { everyMs: number; log: Logger },
): () => void {
  const stopped = new AbortController()
  const mayGoOn = () => !stopped.signal.aborted

  async function eraseAllDue() {
    try {
      while (mayGoOn()) {
        const sweep = await erasures.claimDue()
        if (!sweep) return
        await sweepOrders(erasures, sweep, { mayGoOn })
      }
    } catch (error) {
      log.warn({ err: error }, 'closed orders could not be erased; the next round will go on with the others')
    }
  }

  async function repeat() {
    for (;;) {
      await setTimeout(everyMs, undefined, { signal: stopped.signal, ref: false })
      await eraseAllDue()
    }
  }

  // rejects only when the wait is aborted, which is how it stops
  repeat().catch(() => undefined)
  return () => stopped.abort()
}
