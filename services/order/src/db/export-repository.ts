import type { TextQueryable } from '@shop/service/database/database'
import { type WarningLog, warnOfReplacedTimes } from '@shop/service/database/timestamp'
import { AppError, type ErrorDetail } from '@shop/service/errors'
import type { Position } from '@shop/service/paging/cursor'
import { throwIfInvalid } from '@shop/service/validation'
import { toDatabaseTime, toInstant } from '../instants.ts'
import type { OrderDetails, OrderStatus } from '../order.ts'
import type { Party } from '../transitions.ts'
import { detailColumns, newestFirst, toOrderDetails } from './order-rows.ts'

/** Which orders an export has; an order must match all that is given. */
export type ExportFilters = {
  userId?: string | undefined
  /** The product of any item. */
  productId?: string | undefined
  /** The order has one of these. */
  status?: readonly OrderStatus[] | undefined
  /** RFC 3339; only orders placed at this time or later. */
  createdFrom?: string | undefined
  /** RFC 3339; only orders placed before this time. */
  createdTo?: string | undefined
}

/** Some orders of an export, newest first. `next` is where the following slice starts; undefined after the last. */
export type ExportSlice = { orders: OrderDetails[]; next: Position | undefined }

export type ExportRepository = ReturnType<typeof createExportRepository>

/** Orders per statement: few enough for memory and for the statement's time limit, whatever the orders contain. */
export const sliceSize = 200

export function createExportRepository(db: TextQueryable, { logger }: { logger?: WarningLog } = {}) {
  return {
    /**
     * Returns the slice that starts at `start`, or the first one, as `party` sees the orders. Each slice is a statement of
     * its own, so no snapshot is held while a client reads. Throws as checkExportFilters.
     */
    async readSlice(filters: ExportFilters, party: Party, start?: Position): Promise<ExportSlice> {
      checkExportFilters(filters)
      const { name, page, values } = accessPath(filters)
      const { createdFrom, createdTo } = filters
      const from = createdFrom === undefined ? '-infinity' : toDatabaseTime(createdFrom)
      const { createdAt, id } = start ?? firstPosition(createdTo)
      const rows = await db.queryTexts({
        name: `export-orders-${name}`,
        text: `SELECT ${detailColumns('page')} FROM (${page}) AS page`,
        values: [sliceSize, createdAt, id, from, ...values],
      })
      warnOfReplacedTimes(logger, 'orders', rows)
      const [lastId, lastCreatedAt] = rows.at(-1) ?? []
      const hasMore = rows.length === sliceSize && lastId && lastCreatedAt
      return {
        orders: rows.map((row) => toOrderDetails(row, party)),
        next: hasMore ? { createdAt: lastCreatedAt, id: lastId } : undefined,
      }
    },
  }
}

/** The range of an export ends before `createdTo`; ids break ties, and no id is before the first one. */
const firstPosition = (createdTo: string | undefined): Position =>
  createdTo === undefined
    ? { createdAt: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }
    : { createdAt: toDatabaseTime(createdTo), id: '00000000-0000-0000-0000-000000000000' }

/**
 * How PostgreSQL finds the orders of some filters: `page` selects the columns of `orders` before a position, newest first.
 * In it, $1 is a limit, $2 and $3 are the position, $4 is the earliest created_at, and `values` follow. `name` is the
 * same for the same text.
 */
type AccessPath = { name: string; page: string; values: string[] }

const within = (id = 'id') =>
  `(created_at, ${id}) < ($2::timestamptz, $3::uuid) AND created_at >= $4::timestamptz`

/**
 * Of all users, a status is compared with an array of one, and leads the order. With `status = $5`, PostgreSQL would walk
 * along orders_placed_idx if it expects the status to be frequent, and read all orders to find the last ones of a rare
 * status. The orders of one user are few enough.
 */
function accessPath({ userId, productId, status = [] }: ExportFilters): AccessPath {
  if (productId !== undefined) return { name: 'of-product', page: ofProduct, values: [productId] }
  // a status that is given twice would give its orders twice
  const statuses = [...new Set(status)]
  const name = `of-${userId === undefined ? 'all' : 'user'}${statuses.length > 0 ? `-in-${statuses.length}-statuses` : ''}`
  if (userId !== undefined) {
    const conditions = statuses.map((_, index) => `user_id = $5 AND status = $${6 + index}`)
    const walks = conditions.map((one) => walk(one, newestFirst.ofUserInStatus))
    const page =
      walks.length > 0 ? merge(walks, newestFirst.ofUserInStatus) : walk('user_id = $5', newestFirst.ofUser)
    return { name, page, values: [userId, ...statuses] }
  }
  if (statuses.length === 0) return { name, page: walk('', newestFirst.ofAll), values: [] }
  const walks = statuses.map((_, index) =>
    walk(`status = ANY ($${5 + index}::text[])`, `status, ${newestFirst.ofAll}`),
  )
  return { name, page: merge(walks, newestFirst.ofAll), values: statuses.map((one) => `{${one}}`) }
}

/** Returns a walk along one index. */
const walk = (condition: string, order: string) =>
  `SELECT * FROM orders WHERE ${[condition, within()].filter(Boolean).join(' AND ')} ORDER BY ${order} LIMIT $1`

/** Returns the first orders of several walks. */
function merge(walks: string[], order: string): string {
  if (walks.length === 1) return walks.join('')
  return `SELECT * FROM (${walks.map((one) => `(${one})`).join(' UNION ALL ')}) AS merged ORDER BY ${order} LIMIT $1`
}

const ofProduct = `
  SELECT found.* FROM (
    SELECT DISTINCT ON (created_at, order_id) created_at, order_id, user_id FROM order_items
    WHERE product_id = $5 AND ${within('order_id')}
    ORDER BY created_at DESC, order_id DESC LIMIT $1
  ) AS item (placed_at, order_id, owner_id)
  CROSS JOIN LATERAL (SELECT * FROM orders WHERE id = order_id AND user_id = owner_id) AS found
  ORDER BY placed_at DESC, order_id DESC`

/**
 * Throws AppError 400 `unsupported_filters` for a combination that would read all orders, and ValidationError for a range
 * of time that is none. `pointer` is where a request has the filters.
 */
export function checkExportFilters(filters: ExportFilters, pointer = '/filters'): void {
  const { productId, userId, status, createdFrom, createdTo } = filters
  const [from, to] = [createdFrom, createdTo].map((text) => (text === undefined ? text : toInstant(text)))
  throwIfInvalid(
    invalidIf(createdFrom !== undefined && from === undefined, `${pointer}/createdFrom`),
    invalidIf(createdTo !== undefined && to === undefined, `${pointer}/createdTo`),
    from !== undefined && to !== undefined && from >= to
      ? [{ pointer: `${pointer}/createdTo`, detail: 'must be later than createdFrom' }]
      : [],
  )
  const others = Object.entries({ userId, status }).filter(([, value]) => value !== undefined)
  if (productId === undefined || others.length === 0) return
  throw new AppError(
    400,
    'unsupported_filters',
    'No index answers this combination of filters: it could read all orders. Leave one out.',
    {
      errors: others.map(([name]) => ({
        pointer: `${pointer}/productId`,
        detail: `cannot be combined with ${name}`,
      })),
    },
  )
}

const invalidIf = (isInvalid: boolean, pointer: string): ErrorDetail[] =>
  isInvalid ? [{ pointer, detail: 'must be a valid date-time' }] : []
