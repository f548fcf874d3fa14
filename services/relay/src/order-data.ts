import { toTimestamp } from '@shop/service/database/timestamp'
import { uuidNumber } from '@shop/service/uuid-number'

/** What an event needs to know of its order, which never changes. */
export type OrderFacts = {
  productId: string
  productName: string
  itemCount: number
  totalAmount: number
  currency: string
  /** PostgreSQL's text. */
  createdAt: string
  items: Item[]
}

export type Item = {
  position: number
  productId: string
  productName: string
  quantity: number
  unitAmount: number
}

/** A former event of an order that decides what later events show. */
export type Step = {
  version: number
  type: string
  status: string
  amount: number
  shipment: Shipment
}

type Shipment = { carrier?: string; trackingNumber?: string; trackingUrl?: string }

/** The event itself. */
export type Subject = { orderId: string; userId: string; version: number; status: string; at: string }

/** The types of the events that are steps. */
export const stepTypes = ['paid_late', 'refunded', 'shipped', 'tracked', 'reverted']

/** Items with names may take this many bytes as JSON; the rest of an event is small, so it stays below 64 KiB. */
const maxItemsBytes = 48 * 1024

/**
 * Returns the order as it was after an event, from what never changes: every reading gives the same bytes. Without
 * address, metadata, notes and reasons. Names of products are left out of the items where they would make the event too
 * large.
 */
export function orderData(
  { orderId, userId, version, status, at }: Subject,
  facts: OrderFacts,
  steps: readonly Step[],
) {
  const before = steps.filter((step) => step.version <= version)
  const refundedAmount = before.reduce(
    (sum, { type, amount }) => (type === 'refunded' ? sum + amount : sum),
    0,
  )
  const { createdAt, items, ...same } = facts
  return {
    id: orderId,
    number: uuidNumber(orderId),
    version,
    userId,
    status,
    ...same,
    refundedAmount,
    createdAt: toTimestamp(createdAt),
    updatedAt: toTimestamp(at),
    items: withinLimit(items),
    shipment: shipmentAfter(before),
    latePayment: isLatePayment(before, { refundedAmount, totalAmount: facts.totalAmount }),
  }
}

function withinLimit(items: Item[]) {
  if (Buffer.byteLength(JSON.stringify(items)) <= maxItemsBytes) return items
  return items.map(({ productName: _, ...item }) => item)
}

/** A shipment that was taken back is not shown; after a delivery that was taken back, the shipment is. */
function shipmentAfter(steps: readonly Step[]) {
  const last = steps.findLast(
    ({ type, status }) =>
      type === 'shipped' || type === 'tracked' || (type === 'reverted' && status !== 'shipped'),
  )
  if (!last || last.type === 'reverted') return null
  const { carrier, trackingNumber, trackingUrl } = last.shipment
  return carrier && trackingNumber ? { carrier, trackingNumber, ...(trackingUrl && { trackingUrl }) } : null
}

/** A payment came after the cancellation, and has not been refunded in full. */
function isLatePayment(
  steps: readonly Step[],
  { refundedAmount, totalAmount }: { refundedAmount: number; totalAmount: number },
): boolean {
  const paid = steps.find(({ type }) => type === 'paid_late')
  if (!paid) return false
  return (
    !steps.some(({ type, version }) => type === 'refunded' && version > paid.version) ||
    refundedAmount < totalAmount
  )
}
