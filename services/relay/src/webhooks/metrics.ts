import { Counter, Gauge, type Registry } from 'prom-client'
import type { WebhookBacklog } from '../db/webhook-backlog.ts'
import type { Outcome } from './attempt.ts'

/** Returns what the relay reports about webhooks. */
export function createWebhookMetrics(registry: Registry) {
  const registers = [registry]
  const attempts = new Counter({
    name: 'relay_webhook_attempts_total',
    help: 'Attempts to deliver an event, by what came of them',
    labelNames: ['result'],
    registers,
  })
  const lag = new Gauge({
    name: 'relay_webhook_lag_seconds',
    help: 'Age of the oldest event that a webhook still has to get; 0 without any',
    labelNames: ['webhook'],
    registers,
  })
  const deliveries = new Gauge({
    name: 'relay_webhook_deliveries',
    help: 'Deliveries that wait for another attempt or are parked; each count stops at 10000',
    labelNames: ['webhook', 'state'],
    registers,
  })
  return {
    countAttempt: ({ delivered }: Outcome) => attempts.inc({ result: delivered ? 'delivered' : 'failed' }),
    setBacklogs(backlogs: WebhookBacklog[]) {
      // those of webhooks that were removed
      lag.reset()
      deliveries.reset()
      for (const { id, lagSeconds, waiting, parked } of backlogs) {
        lag.set({ webhook: id }, lagSeconds)
        deliveries.set({ webhook: id, state: 'waiting' }, waiting)
        deliveries.set({ webhook: id, state: 'parked' }, parked)
      }
    },
  }
}
