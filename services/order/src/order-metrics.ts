import { Counter, Histogram, type Registry } from 'prom-client'
import type { Verb } from './order.ts'
import type { Batch } from './placing-batches.ts'
import { transitions } from './transitions.ts'

/** Returns what counts the orders that this process has stored and changed, and the batches in which it stored them. */
export function createOrderMetrics(registry: Registry) {
  const registers = [registry]
  const placed = new Counter({ name: 'orders_placed_total', help: 'Orders placed', registers })
  const changed = new Counter({
    name: 'order_transitions_total',
    help: 'Changes of orders, by what was done',
    labelNames: ['verb'] as const,
    registers,
  })
  // a counter that begins with 1 has no increase
  for (const { verb } of transitions) changed.inc({ verb }, 0)
  const batchSize = new Histogram({
    name: 'order_batch_size',
    help: 'Orders whose products were looked up by one call, or that were stored by one statement',
    labelNames: ['batch'] as const,
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers,
  })
  return {
    onPlaced: () => placed.inc(),
    onChanged: (verb: Verb) => changed.inc({ verb }),
    onBatch: (batch: Batch, size: number) => batchSize.observe({ batch }, size),
  }
}
