import type { DeliveryChange, WaitingDelivery } from '../db/webhook-work.ts'
import type { StoredEvent } from '../feed-reader.ts'
import type { Outcome } from './attempt.ts'
import type { Next } from './schedule.ts'

/** Returns the delivery of an event before its first attempt. */
export const deliveryOf = (event: StoredEvent, webhookId: string): WaitingDelivery => ({
  webhookId,
  eventId: event.id,
  position: event.position,
  orderId: event.orderId,
  type: event.type,
  attempts: 0,
  isRedelivery: false,
})

/** Returns what becomes of a delivery by an attempt; `next` is what follows one that has failed. */
export function attempted(
  delivery: WaitingDelivery,
  outcome: Outcome,
  next: Next | undefined,
): DeliveryChange {
  const { durationMs, status = null } = outcome
  const change = { ...delivery, attempts: delivery.attempts + 1, durationMs, status }
  if (outcome.delivered) return { ...change, state: 'delivered', dueMs: 0, reason: null, answer: null }
  return {
    ...change,
    // after 410 it waits until somebody enables the webhook
    state: next?.action === 'parked' ? 'parked' : 'waiting',
    dueMs: next?.action === 'retry' ? next.afterMs : 0,
    reason: outcome.reason,
    answer: outcome.answer ?? null,
  }
}

const noAttempt = { dueMs: 0, status: null, reason: null, answer: null, durationMs: null }

/** Returns the delivery as one that waits for its first attempt. */
export const untried = (delivery: WaitingDelivery): DeliveryChange => ({
  ...delivery,
  ...noAttempt,
  state: 'waiting',
})

/** Returns the delivery as parked, because its event is no longer kept. */
export const expired = (delivery: WaitingDelivery): DeliveryChange => ({
  ...delivery,
  ...noAttempt,
  state: 'parked',
  reason: 'event_expired',
})
