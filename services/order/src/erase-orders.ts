import type { Erasure, ErasureRepository, Sweep, SweepPosition } from './db/erasure-repository.ts'
import type { Actor } from './db/order-changes.ts'

/** Orders in one statement, which locks those that it erases: few enough that a change of one hardly waits. */
const sliceSize = 200

/** Slices in one request; what is left is for the background job. */
const slicesPerRequest = 5

export type EraseOrders = ReturnType<typeof createEraseOrders>

/**
 * Returns a function that erases the personal data of a user's closed orders, and leaves the open ones, and what is more
 * than a request can do, to the background job. Returns how far it has come.
 */
export function createEraseOrders(erasures: ErasureRepository) {
  return async ({ userId, actor }: { userId: string; actor: Actor }): Promise<Erasure> => {
    const sweep = await erasures.request(userId, actor)
    let slices = 0
    const isFinished = await sweepOrders(erasures, sweep, { mayGoOn: () => ++slices <= slicesPerRequest })
    if (!isFinished) await erasures.makeDue(userId)
    return erasures.findErasure(userId)
  }
}

type Sweeping = Pick<ErasureRepository, 'eraseSlice' | 'complete'>

/**
 * Visits all orders that a request covers, slice by slice, while `mayGoOn`. The request is complete when none of the
 * visited orders was open. Returns whether all were visited.
 */
export async function sweepOrders(
  erasures: Sweeping,
  sweep: Sweep,
  { mayGoOn }: { mayGoOn: () => boolean },
): Promise<boolean> {
  let waiting = 0
  let position: SweepPosition | undefined
  do {
    if (!mayGoOn()) return false
    const slice = await erasures.eraseSlice(sweep.userId, { position, limit: sliceSize })
    waiting += slice.waiting
    position = slice.next
  } while (position)
  if (waiting === 0) await erasures.complete(sweep)
  return true
}
