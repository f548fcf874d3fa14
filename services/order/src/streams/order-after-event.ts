import { toTimestamp } from '@shop/service/database/timestamp'
import type { Order, OrderStatus, Shipment } from '../order.ts'
import { orderNumber } from '../order-number.ts'
import type { EventType } from '../transitions.ts'

/** An order as it was after one of its events: what a list shows of it, its shipment, and whether it was paid late. */
export type OrderAfterEvent = Order & { shipment: Shipment | null; latePayment: boolean }

/** What of an order never changes. `createdAt` is PostgreSQL's text. */
export type OrderFacts = Pick<
  Order,
  'id' | 'userId' | 'productId' | 'productName' | 'itemCount' | 'totalAmount' | 'currency' | 'createdAt'
>

/** The event after which an order is shown. `at` is PostgreSQL's text. */
export type ShownEvent = { version: number; status: OrderStatus; at: string }

/** An event, up to the shown one, on which more than the order's status depends. */
export type Step = {
  type: EventType
  status: OrderStatus
  amount: number | null
  carrier: string | null
  trackingNumber: string | null
  trackingUrl: string | null
}

/** The types of the events that are steps. */
export const stepTypes = ['paid_late', 'refunded', 'shipped', 'tracked', 'reverted'] satisfies EventType[]

/** Returns the order as it was after an event; `steps` are the earlier ones and the event itself, oldest first. */
export function orderAfterEvent(
  { id, userId, createdAt, ...facts }: OrderFacts,
  { version, status, at }: ShownEvent,
  steps: readonly Step[],
): OrderAfterEvent {
  const refundedAmount = refundedBy(steps)
  return {
    id,
    number: orderNumber(id),
    version,
    userId,
    status,
    ...facts,
    refundedAmount,
    createdAt: toTimestamp(createdAt),
    updatedAt: toTimestamp(at),
    shipment: shipmentAfter(steps),
    latePayment: isPaidLate(steps, { refundedAmount, totalAmount: facts.totalAmount }),
  }
}

const refundedBy = (steps: readonly Step[]) =>
  steps.reduce((sum, { type, amount }) => (type === 'refunded' ? sum + (amount ?? 0) : sum), 0)

/** The shipment stays when a delivery is taken back, and goes when it is itself. */
function shipmentAfter(steps: readonly Step[]): Shipment | null {
  const last = steps.findLast(
    ({ type, status }) =>
      type === 'shipped' || type === 'tracked' || (type === 'reverted' && status !== 'shipped'),
  )
  if (!last?.carrier || !last.trackingNumber) return null
  const { carrier, trackingNumber, trackingUrl } = last
  return { carrier, trackingNumber, ...(trackingUrl && { trackingUrl }) }
}

/** As the statement of a refund has it: until a refund completes the total. */
function isPaidLate(
  steps: readonly Step[],
  { refundedAmount, totalAmount }: { refundedAmount: number; totalAmount: number },
): boolean {
  const paid = steps.findIndex(({ type }) => type === 'paid_late')
  if (paid === -1) return false
  return refundedAmount < totalAmount || !steps.slice(paid).some(({ type }) => type === 'refunded')
}
