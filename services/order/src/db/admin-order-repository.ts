import type { TextQueryable, TextRow } from '@shop/service/database/database'
import { toMicroseconds, type WarningLog, warnOfReplacedTimes } from '@shop/service/database/timestamp'
import { type ErrorDetail, NotFoundError } from '@shop/service/errors'
import { decodeCursor, encodeCursor, type Position } from '@shop/service/paging/cursor'
import { pageErrors, pageLimits } from '@shop/service/paging/paging'
import { conforms, idErrors, throwIfInvalid } from '@shop/service/validation'
import { type Order, type OrderDetails, orderStatuses, Shipment } from '../order.ts'
import { orderNumberRange } from '../order-number.ts'
import { eventColumns, type HistoryEvent, toHistoryEvent } from './order-history.ts'
import {
  type AccessPath,
  accessPath,
  type OrderFilters,
  type Range,
  rangeErrors,
  rangeOf,
  refuseUnsupported,
} from './order-paths.ts'
import {
  detailColumns,
  itemsOf,
  listColumns,
  toOrder,
  toOrderDetails,
  toOrderWithItems,
} from './order-rows.ts'

export type AdminListOptions = OrderFilters & {
  /** RFC 3339; only orders placed at this time or later. */
  createdFrom?: string | undefined
  /** RFC 3339; only orders placed before this time. */
  createdTo?: string | undefined
  /** Maximum number of orders, 1–100; 20 when absent. */
  limit?: number | undefined
  /** The `nextCursor` of an earlier page of the same filters. */
  cursor?: string | undefined
  /** How far to count, 1–1000; no count when absent. */
  countUpTo?: number | undefined
  /** Whether each order comes with its items. */
  withItems?: boolean | undefined
}

export type AdminOrder = Order & { latePayment: boolean }

export type AdminOrderPage = {
  orders: AdminOrder[]
  /** For the page after this one; null when this is the last. */
  nextCursor: string | null
  /** How many orders match in all, `countUpTo` at most; undefined without `countUpTo`. */
  count: { value: number; isExact: boolean } | undefined
}

export type AdminOrderRepository = ReturnType<typeof createAdminOrderRepository>

/** The largest number that a list counts to. */
export const maxCount = 1000

/**
 * The operators' reads, of all users' orders. Every statement walks along an index, or is refused: see order-paths.ts.
 */
export function createAdminOrderRepository(db: TextQueryable, { logger }: { logger?: WarningLog } = {}) {
  return {
    /**
     * Returns a page of all users' orders, newest first. Throws as checkListOptions, and ValidationError for a cursor of
     * other filters.
     */
    async listOrders(options: AdminListOptions = {}): Promise<AdminOrderPage> {
      checkListOptions(options)
      const { limit = pageLimits.defaultLimit, cursor, countUpTo, withItems = false } = options
      const path = accessPath(options, adminColumns)
      const scope = scopeOf(options)
      const range = rangeOf(options)
      const start = cursor === undefined ? range.start : earlier(decodeCursor(cursor, scope), range.start)
      const [listed, count] = await Promise.all([
        db.queryTexts(pageStatement(path, { limit, start, from: range.from, withItems })),
        countUpTo === undefined ? undefined : countOrders(path, range, countUpTo),
      ])
      const rows = listed.slice(0, limit)
      warnOfReplacedTimes(logger, 'orders', rows)
      const [id, createdAt] = (listed.length > limit && rows.at(-1)) || []
      return {
        orders: rows.map((row) => toAdminOrder(row, withItems)),
        nextCursor: id && createdAt ? encodeCursor({ createdAt, id }, scope) : null,
        count,
      }
    },

    /**
     * Returns an order as operators see it, with its whole history, both as of one moment. Throws NotFoundError,
     * ValidationError.
     */
    async findOrder(orderId: string): Promise<{ order: OrderDetails; history: HistoryEvent[] }> {
      throwIfInvalid(idErrors({ orderId }))
      const [row] = await db.queryTexts({ ...selectOrderWithHistory, values: [orderId] })
      if (!row) throw new NotFoundError('order')
      warnOfReplacedTimes(logger, 'orders', [row])
      const events = JSON.parse(row.at(-1) as string) as TextRow[]
      return { order: toOrderDetails(row, 'operator'), history: events.map(toHistoryEvent) }
    },
  }

  async function countOrders({ name, count, values }: AccessPath, { start, from }: Range, upTo: number) {
    const [row] = await db.queryTexts({
      name: `count-orders-${name}`,
      text: `SELECT count(*) FROM (${count}) AS counted`,
      values: [upTo + 1, start.createdAt, start.id, from, ...values],
    })
    const counted = Number(row?.[0])
    return { value: Math.min(counted, upTo), isExact: counted <= upTo }
  }
}

type PageOptions = { limit: number; start: Position; from: string; withItems: boolean }

/** One row more than the limit shows whether there is a next page. The order of the inner page is kept, because the
 * outer query only adds a column. */
function pageStatement({ name, page, values }: AccessPath, { limit, start, from, withItems }: PageOptions) {
  return {
    name: `list-orders-${name}${withItems ? '-with-items' : ''}`,
    text: withItems ? `SELECT page.*, ${itemsOf('page')} FROM (${page}) AS page` : page,
    values: [limit + 1, start.createdAt, start.id, from, ...values],
  }
}

/** What the operators' list shows. */
const adminColumns = `${listColumns}, late_payment`

const lateIndex = adminColumns.split(',').length - 1

function toAdminOrder(row: TextRow, withItems: boolean): AdminOrder {
  const latePayment = row[lateIndex] === 't'
  if (!withItems) return { ...toOrder(row), latePayment }
  return { ...toOrderWithItems(row.toSpliced(lateIndex, 1)), latePayment }
}

/** Returns the position of a cursor, unless a forged one is beyond the range. */
const earlier = (cursor: Position, start: Position) =>
  toMicroseconds(cursor.createdAt) < toMicroseconds(start.createdAt) ? cursor : start

/** Returns what a cursor is bound to: it continues the list of the same filters, in any order, and no other. */
function scopeOf({ limit, cursor, countUpTo, withItems, status, ...filters }: AdminListOptions): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined)
  const sorted = given.sort(([one], [other]) => (one < other ? -1 : 1))
  return `admin ${JSON.stringify([sorted, [...new Set(status)].sort()])}`
}

const selectOrderWithHistory = {
  name: 'select-order-with-history',
  text: `
    SELECT ${detailColumns('orders')}, (
      SELECT json_agg(json_build_array(${eventColumns.map((column) => `${column}::text`).join()}) ORDER BY version)
      FROM order_events WHERE order_id = orders.id AND user_id = orders.user_id
    )
    FROM orders WHERE id = $1`,
}

/**
 * Throws ValidationError, and AppError 400 `unsupported_filters` for filters that no index combines; `email` stands for
 * the user that it belongs to.
 */
export function checkListOptions(options: AdminListOptions & { email?: string | undefined }): void {
  throwIfInvalid(listErrors(options))
  refuseUnsupported(options)
}

function listErrors(options: AdminListOptions): ErrorDetail[] {
  const { id, userId, productId, number, trackingNumber, status, countUpTo } = options
  const ids = Object.entries({ id, userId, productId }).filter(([, value]) => value !== undefined)
  const checks: [string, boolean, string][] = [
    ['number', number === undefined || orderNumberRange(number) !== undefined, 'must be 4 to 10 characters'],
    [
      'trackingNumber',
      trackingNumber === undefined || conforms(Shipment.properties.trackingNumber, trackingNumber),
      'must be a tracking number',
    ],
    [
      'status',
      status === undefined || (status.length > 0 && status.every((each) => orderStatuses.includes(each))),
      `must be some of ${orderStatuses.join(', ')}`,
    ],
    [
      'countUpTo',
      countUpTo === undefined || (Number.isInteger(countUpTo) && countUpTo >= 1 && countUpTo <= maxCount),
      `must be a whole number from 1 to ${maxCount}`,
    ],
  ]
  return [
    ...idErrors(Object.fromEntries(ids)),
    ...pageErrors(options),
    ...rangeErrors(options),
    ...checks.filter(([, isMet]) => !isMet).map(([parameter, , detail]) => ({ parameter, detail })),
  ]
}
