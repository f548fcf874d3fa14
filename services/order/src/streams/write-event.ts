import { formatFeedCursor } from '@shop/service/paging/feed-cursor'
import type { FeedEvent } from '../db/feed-repository.ts'
import { hiddenFromOwner } from '../transitions.ts'
import type { OrderAfterEvent } from './order-after-event.ts'

/** Returns an event in the format of server-sent events; only its cursor if it is not for the owner of the order. */
export function writeEvent(epoch: string, event: FeedEvent, order: OrderAfterEvent | undefined): string {
  const { position, orderId, userId, version, type } = event
  const id = `id: ${formatFeedCursor({ epoch, position })}\n`
  if (hiddenFromOwner.includes(type)) return `${id}\n`
  // an order that somebody has deleted
  const data = order ?? { id: orderId, userId, version }
  return `event: ${type}\n${id}data: ${JSON.stringify(data)}\n\n`
}
