import { startRepeating } from '@shop/service/repeat'
import type { ErasureRepository } from './db/erasure-repository.ts'
import { sweepOrders } from './erase-orders.ts'

/**
 * Erases in the background, every `everyMs`, the orders that have closed since their erasure was requested. Returns a
 * function that stops it. Any number of replicas may run it.
 */
export function startErasingClosedOrders(
  erasures: Pick<ErasureRepository, 'claimDue' | 'eraseSlice' | 'complete'>,
  { everyMs, log }: { everyMs: number; log: Parameters<typeof startRepeating>[1]['log'] },
): () => void {
  async function eraseAllDue(stopped: AbortSignal) {
    while (!stopped.aborted) {
      const sweep = await erasures.claimDue()
      if (!sweep) return
      await sweepOrders(erasures, sweep, { mayGoOn: () => !stopped.aborted })
    }
  }
  return startRepeating(eraseAllDue, { everyMs, failure: 'closed orders could not be erased', log })
}
