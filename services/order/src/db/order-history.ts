import type { TextQueryable, TextRow } from '@shop/service/database/database'
import { toTimestamp } from '@shop/service/database/timestamp'
import { NotFoundError } from '@shop/service/errors'
import { idErrors, throwIfInvalid } from '@shop/service/validation'
import type { OrderStatus } from '../order.ts'
import type { EventType } from '../transitions.ts'
import type { Actor } from './order-changes.ts'

export type HistoryEvent = {
  version: number
  type: EventType
  /** Of the order, after the event. */
  status: OrderStatus
  at: string
  actor: Actor
  /** The money that moved, in minor units; null for other events. */
  amount: number | null
  data: Record<string, unknown>
}

export type OrderHistory = ReturnType<typeof createOrderHistory>

export function createOrderHistory(db: TextQueryable) {
  return {
    /**
     * Returns the events of an order, oldest first; of any user's order without `userId`. Throws NotFoundError.
     */
    async listEvents(orderId: string, { userId }: { userId?: string } = {}): Promise<HistoryEvent[]> {
      throwIfInvalid(idErrors({ orderId, ...(userId !== undefined && { userId }) }))
      const statement = userId === undefined ? listAnyEvents : listOwnEvents
      const rows = await db.queryTexts({
        ...statement,
        values: userId === undefined ? [orderId] : [orderId, userId],
      })
      // an order is never without events
      if (rows.length === 0) throw new NotFoundError('order')
      return rows.map(toHistoryEvent)
    },
  }
}

/** The columns of an event; toHistoryEvent reads their texts. */
export const eventColumns = ['version', 'type', 'status', 'at', 'actor', 'data', 'amount']

/** Returns the event in a row of the texts of `eventColumns`. */
export function toHistoryEvent(row: TextRow): HistoryEvent {
  const [version, type, status, at, actor, data, amount] = row as [
    string,
    EventType,
    OrderStatus,
    string,
    string,
    string,
    string | null,
  ]
  return {
    version: Number(version),
    type,
    status,
    at: toTimestamp(at),
    actor: JSON.parse(actor),
    amount: amount === null ? null : Number(amount),
    data: JSON.parse(data),
  }
}

const columns = eventColumns.join(', ')

const listOwnEvents = {
  name: 'list-own-order-events',
  text: `SELECT ${columns} FROM order_events WHERE order_id = $1 AND user_id = $2 ORDER BY version`,
}

const listAnyEvents = {
  name: 'list-order-events',
  text: `SELECT ${columns} FROM order_events WHERE order_id = $1 ORDER BY version`,
}
