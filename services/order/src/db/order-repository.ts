import type { Queryable, TextQueryable, TextRow } from '@shop/service/database/database'
import { violatedConstraint } from '@shop/service/database/failures'
import { toTimestamp, type WarningLog, warnOfReplacedTimes } from '@shop/service/database/timestamp'
import { type ErrorDetail, NotFoundError } from '@shop/service/errors'
import { decodeCursor } from '@shop/service/paging/cursor'
import { type PageOptions, pageErrors, pageLimits, toPage } from '@shop/service/paging/paging'
import { conforms, idErrors, throwIfInvalid } from '@shop/service/validation'
import { type Static, Type } from 'typebox'
import { v7 as uuidv7 } from 'uuid'
import { Order, type OrderStatus, orderStatuses } from '../order.ts'

export type ListOptions = PageOptions & {
  /** Only orders in this status. */
  status?: OrderStatus | undefined
}

export type OrderPage = {
  orders: Order[]
  /** How many orders match in total. */
  count: number
  /** For the page after this one; null when this is the last. */
  nextCursor: string | null
}

export type NewOrder = {
  userId: string
  productId: string
  /** Name and price of the product at this moment; the order keeps them. */
  productName: string
  unitAmount: number
  currency: string
  /** 1–999; 1 when absent. */
  quantity?: number | undefined
  /** `pending` when absent. */
  status?: OrderStatus | undefined
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
      const { limit = pageLimits.defaultLimit, offset = 0, cursor, status } = options
      const after = cursor === undefined ? undefined : decodeCursor(cursor, userId)
      const statement = listStatements[status ? 'ofStatus' : 'ofAll'][after ? 'afterPosition' : 'fromOffset']
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
      return { orders: rows.map(toOrder), count, nextCursor }
    },

    /**
     * Returns the user's order with this id. Throws NotFoundError when there is none or it belongs to another
     * user.
     */
    async findOrder(userId: string, orderId: string): Promise<Order> {
      throwIfInvalid(idErrors({ userId, orderId }))
      const [row] = await pipeline.queryTexts({ ...selectOrder, values: [orderId, userId] })
      if (!row) throw new NotFoundError('order')
      warnOfReplacedTimes(logger, 'orders', [row])
      return toOrder(row)
    },

    /**
     * Stores an order and returns it. Call it in a transaction, so that an order that cannot be returned is
     * not stored. Throws NotFoundError for an unknown user or product, ValidationError.
     */
    async createOrder(order: NewOrder): Promise<Order> {
      const { userId, productId, productName, unitAmount, currency, quantity = 1, status = 'pending' } = order
      throwIfInvalid(
        idErrors({ userId, productId }),
        statusErrors(status),
        memberErrors({ productName, quantity, unitAmount, currency }),
      )
      try {
        const [row] = await db.queryTexts({
          ...insertOrder,
          values: [uuidv7(), userId, productId, productName, quantity, unitAmount, currency, status],
        })
        return toOrder(row as TextRow)
      } catch (error) {
        const constraint = violatedConstraint(error)
        if (constraint === 'orders_user_id_fkey') throw new NotFoundError('user', { cause: error })
        if (constraint === 'orders_product_id_fkey') throw new NotFoundError('product', { cause: error })
        throw error
      }
    },
  }
}

const columns =
  'id, created_at, updated_at, user_id, product_id, product_name, quantity, unit_amount, currency, status'

/**
 * Returns one statement for page and count. The count comes from at most six rows that triggers maintain, one
 * per status, so it costs the same for any number of orders. It is on the left side of the join, so that it
 * is returned even when the page is beyond the end of the list, as one row without an order. A join with one
 * row and no condition is a nested loop, which keeps the order of the page, so there is no second sort (a
 * test checks the plan).
 */
function listStatement(name: string, { start, status }: { start: 'offset' | 'position'; status?: string }) {
  const ofStatus = status ? `AND status = ${status}` : ''
  return {
    name,
    text: `
      SELECT page.*, counted.count
      FROM (
        SELECT coalesce(sum(count), 0)::int AS count FROM order_counts WHERE user_id = $1 ${ofStatus}
      ) AS counted
      LEFT JOIN LATERAL (
        SELECT ${columns} FROM orders
        WHERE user_id = $1 ${ofStatus} ${start === 'position' ? afterPosition : ''}
        ORDER BY created_at DESC, id DESC LIMIT $2 ${start === 'offset' ? 'OFFSET $3' : ''}
      ) AS page ON true`,
  }
}

/**
 * A row comparison lets the index scan start here; the equivalent OR would scan and filter every earlier row.
 */
const afterPosition = 'AND (created_at, id) < ($3::timestamptz, $4::uuid)'

/** One statement per case, so that each has its own plan. */
export const listStatements = {
  ofAll: {
    fromOffset: listStatement('list-orders-from-offset', { start: 'offset' }),
    afterPosition: listStatement('list-orders-after-position', { start: 'position' }),
  },
  ofStatus: {
    fromOffset: listStatement('list-orders-of-status-from-offset', { start: 'offset', status: '$4' }),
    afterPosition: listStatement('list-orders-of-status-after-position', { start: 'position', status: '$5' }),
  },
}

const selectOrder = {
  name: 'select-order',
  text: `SELECT ${columns} FROM orders WHERE id = $1 AND user_id = $2`,
}

const insertOrder = {
  name: 'insert-order',
  text: `
    INSERT INTO orders (id, user_id, product_id, product_name, quantity, unit_amount, currency, status)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${columns}`,
}

/** The texts of `columns`, in the same order. */
type OrderTexts = [
  id: string,
  createdAt: string,
  updatedAt: string,
  userId: string,
  productId: string,
  productName: string,
  quantity: string,
  unitAmount: string,
  currency: string,
  status: OrderStatus,
]

function toOrder(row: TextRow): Order {
  const [id, createdAt, updatedAt, userId, productId, productName, quantity, unitAmount, currency, status] =
    row as OrderTexts
  return {
    id,
    userId,
    productId,
    productName,
    quantity: Number(quantity),
    unitAmount: Number(unitAmount),
    totalAmount: Number(quantity) * Number(unitAmount),
    currency,
    status,
    createdAt: toTimestamp(createdAt),
    updatedAt: toTimestamp(updatedAt),
  }
}

function statusErrors(status: OrderStatus | undefined): ErrorDetail[] {
  if (status === undefined || orderStatuses.includes(status)) return []
  return [{ parameter: 'status', detail: `must be one of ${orderStatuses.join(', ')}` }]
}

/** The members of a new order, checked by the schema that describes them to clients. */
const members = Type.Pick(Order, ['productName', 'quantity', 'unitAmount', 'currency'])

function memberErrors(values: Static<typeof members>): ErrorDetail[] {
  return Object.entries(values)
    .filter(([name, value]) => !conforms(members.properties[name as keyof typeof values], value))
    .map(([parameter]) => ({ parameter, detail: 'is not valid' }))
}
