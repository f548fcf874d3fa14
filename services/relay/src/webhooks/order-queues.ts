import type { DeliveryState } from './webhook.ts'

/**
 * Returns what makes the events of one order wait for each other: behind an attempt in progress in memory, behind one
 * that has failed in the table. `waitingOrders` are the orders of which an event waits in the table, and how many do.
 */
export function createOrderQueues<Event>(waitingOrders: Map<string, number>) {
  /** By order: the events that wait for the attempt in progress. */
  const queues = new Map<string, Event[]>()
  let size = 0

  const addWaiting = (orderId: string, count: number) =>
    waitingOrders.set(orderId, (waitingOrders.get(orderId) ?? 0) + count)

  return {
    /** How many events wait in memory. */
    size: () => size,

    /** Returns what becomes of the order's next event: it starts, waits in memory, or has to be stored to wait. */
    admit(orderId: string, event: Event): 'start' | 'queued' | 'store' {
      if (waitingOrders.has(orderId)) {
        addWaiting(orderId, 1)
        return 'store'
      }
      const queue = queues.get(orderId)
      if (!queue) {
        queues.set(orderId, [])
        return 'start'
      }
      queue.push(event)
      size++
      return 'queued'
    },

    /**
     * Returns what follows the attempt that was in progress, after which its event is in `state`: the event that starts,
     * or those that have to be stored to wait, behind it or because no attempt may start now.
     */
    release(
      orderId: string,
      state: DeliveryState,
      { mayStart }: { mayStart: boolean },
    ): { start?: Event; store: Event[] } {
      const queue = queues.get(orderId) ?? []
      if (state === 'waiting' || !mayStart) {
        queues.delete(orderId)
        size -= queue.length
        const count = queue.length + (state === 'waiting' ? 1 : 0)
        if (count > 0) addWaiting(orderId, count)
        return { store: queue }
      }
      const start = queue.shift()
      if (start === undefined) {
        queues.delete(orderId)
        return { store: [] }
      }
      size--
      return { start, store: [] }
    },

    /** Reports that an event which waited in the table was delivered or parked. */
    removeWaiting(orderId: string) {
      const count = (waitingOrders.get(orderId) ?? 0) - 1
      if (count > 0) waitingOrders.set(orderId, count)
      else waitingOrders.delete(orderId)
    },
  }
}
