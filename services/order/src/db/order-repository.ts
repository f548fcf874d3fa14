import type { Queryable, TextQueryable } from '@shop/service/database/database'
import { type WarningLog, warnOfReplacedTimes } from '@shop/service/database/timestamp'
import { type ErrorDetail, NotFoundError } from '@shop/service/errors'
import { decodeCursor } from '@shop/service/paging/cursor'
import { type PageOptions, pageErrors, pageLimits, toPage } from '@shop/service/paging/paging'
import { conforms, idErrors, throwIfInvalid } from '@shop/service/validation'
import { Type } from 'typebox'
import {
  Metadata,
  maxItems,
  type Order,
  type OrderDetails,
  OrderItem,
  type OrderStatus,
  orderStatuses,
  ShippingAddress,
} from '../order.ts'
import { type NewOrder, storeOrders, toPlacingError } from './order-placing.ts'
import {
  detailColumns,
  itemsOf,
  listColumns,
  newestFirst,
  toOrder,
  toOrderDetails,
  toOrderWithItems,
} from './order-rows.ts'

export type ListOptions = PageOptions & {
  /** Only orders in this status. */
  status?: OrderStatus | undefined
  /** Whether each order comes with its items. */
  withItems?: boolean | undefined
}

export type OrderPage = {
  orders: Order[]
  /** How many orders match in total. */
  count: number
  /** For the page after this one; null when this is the last. */
  nextCursor: string | null
}

export type OrderRepository = ReturnType<typeof createOrderRepository>

/** With a larger offset PostgreSQL skips too many rows for the other queries in the pipeline to wait for. */
const maxPipelinedOffset = 200

type RepositoryOptions = {
  /** For reads that are always short and share one connection: see pipeline.ts. */
  pipeline?: TextQueryable
  /** Receives a warning for rows whose times are not shown as they are stored. */
  logger?: WarningLog
}

export function createOrderRepository(db: Queryable, { pipeline = db, logger }: RepositoryOptions = {}) {
  return {
    /**
     * Returns a page of the user's orders, newest first, and their total count, in one round trip. Throws
     * ValidationError.
     */
    async listOrdersByUser(userId: string, options: ListOptions = {}): Promise<OrderPage> {
      throwIfInvalid(idErrors({ userId }), statusErrors(options.status), pageErrors(options))
      const { limit = pageLimits.defaultLimit, offset = 0, cursor, status, withItems = false } = options
      const after = cursor === undefined ? undefined : decodeCursor(cursor, userId)
      const statement = (withItems ? listWithItemsStatements : listStatements)[status ? 'ofStatus' : 'ofAll'][
        after ? 'afterPosition' : 'fromOffset'
      ]
      // one row more than the limit shows whether there is a next page
      const values = [
        userId,
        limit + 1,
        ...(after ? [after.createdAt, after.id] : [offset]),
        ...(status ? [status] : []),
      ]
      const listed = await (offset > maxPipelinedOffset ? db : pipeline).queryTexts({ ...statement, values })
      const { rows, count, nextCursor } = toPage(listed, { limit, scope: userId })
      warnOfReplacedTimes(logger, 'orders', rows)
      return { orders: rows.map(withItems ? toOrderWithItems : toOrder), count, nextCursor }
    },

    /**
     * Returns the user's order with this id. Throws NotFoundError when there is none or it belongs to another
     * user.
     */
    async findOrder(userId: string, orderId: string): Promise<OrderDetails> {
      throwIfInvalid(idErrors({ userId, orderId }))
      const [row] = await pipeline.queryTexts({ ...selectOrder, values: [orderId, userId] })
      if (!row) throw new NotFoundError('order')
      warnOfReplacedTimes(logger, 'orders', [row])
      return toOrderDetails(row, 'owner')
    },

    /**
     * Stores an order with its items and the first event of its history, in one statement, and returns it. Throws
     * NotFoundError for an unknown user or product, ValidationError.
     */
    async createOrder(order: NewOrder): Promise<OrderDetails> {
      throwIfInvalid(idErrors({ userId: order.userId }), newOrderErrors(order))
      const [stored] = await storeOrders(db, [order]).catch((error) => {
        throw toPlacingError(error)
      })
      if (stored instanceof Error) throw stored
      return stored as OrderDetails
    },
  }
}

/**
 * Returns one statement for page and count. The count comes from at most six rows that triggers maintain, one
 * per status, so it costs the same for any number of orders. It is on the left side of the join, so that it
 * is returned even when the page is beyond the end of the list, as one row without an order. A join with one
 * row and no condition is a nested loop, which keeps the order of the page, so there is no second sort (a
 * test checks the plan).
 */
function listStatement(
  name: string,
  { start, status, withItems }: { start: 'offset' | 'position'; status?: string; withItems: boolean },
) {
  const ofStatus = status ? `AND status = ${status}` : ''
  return {
    name: `${name}${withItems ? '-with-items' : ''}`,
    text: `
      SELECT page.*, ${withItems ? `${itemsOf('page')},` : ''} counted.count
      FROM (
        SELECT coalesce(sum(count), 0)::int AS count FROM order_counts WHERE user_id = $1 ${ofStatus}
      ) AS counted
      LEFT JOIN LATERAL (
        SELECT ${listColumns} FROM orders
        WHERE user_id = $1 ${ofStatus} ${start === 'position' ? afterPosition : ''}
        ORDER BY ${status ? newestFirst.ofUserInStatus : newestFirst.ofUser} LIMIT $2 ${start === 'offset' ? 'OFFSET $3' : ''}
      ) AS page ON true`,
  }
}

/**
 * A row comparison lets the index scan start here; the equivalent OR would scan and filter every earlier row.
 */
const afterPosition = 'AND (created_at, id) < ($3::timestamptz, $4::uuid)'

/** One statement per case, so that each has its own plan. */
const statementsOf = (withItems: boolean) => ({
  ofAll: {
    fromOffset: listStatement('list-orders-from-offset', { start: 'offset', withItems }),
    afterPosition: listStatement('list-orders-after-position', { start: 'position', withItems }),
  },
  ofStatus: {
    fromOffset: listStatement('list-orders-of-status-from-offset', {
      start: 'offset',
      status: '$4',
      withItems,
    }),
    afterPosition: listStatement('list-orders-of-status-after-position', {
      start: 'position',
      status: '$5',
      withItems,
    }),
  },
})

export const listStatements = statementsOf(false)

export const listWithItemsStatements = statementsOf(true)

const selectOrder = {
  name: 'select-order',
  text: `SELECT ${detailColumns('orders')} FROM orders WHERE id = $1 AND user_id = $2`,
}

function statusErrors(status: OrderStatus | undefined): ErrorDetail[] {
  if (status === undefined || orderStatuses.includes(status)) return []
  return [{ parameter: 'status', detail: `must be one of ${orderStatuses.join(', ')}` }]
}

/** The members of a new order, checked by the schemas that describe them to clients. */
const members = {
  items: Type.Array(Type.Omit(OrderItem, ['position']), { minItems: 1, maxItems }),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
  shippingAddress: ShippingAddress,
  metadata: Metadata,
}

function newOrderErrors(order: NewOrder): ErrorDetail[] {
  return Object.entries(members)
    .filter(([name, schema]) => {
      const value = order[name as keyof typeof members]
      return (value !== undefined || name === 'items' || name === 'currency') && !conforms(schema, value)
    })
    .map(([parameter]) => ({ parameter, detail: 'is not valid' }))
}
