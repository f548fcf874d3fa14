import type { TextQueryable } from '@shop/service/database/database'
import { type WarningLog, warnOfReplacedTimes } from '@shop/service/database/timestamp'
import type { Position } from '@shop/service/paging/cursor'
import { throwIfInvalid } from '@shop/service/validation'
import type { OrderDetails, OrderStatus } from '../order.ts'
import type { Party } from '../transitions.ts'
import { accessPath, rangeErrors, rangeOf, refuseUnsupported } from './order-paths.ts'
import { detailColumns, toOrderDetails } from './order-rows.ts'

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
      const { name, page, values } = accessPath(filters, '*')
      const range = rangeOf(filters)
      const { createdAt, id } = start ?? range.start
      const rows = await db.queryTexts({
        name: `export-orders-${name}`,
        text: `SELECT ${detailColumns('page')} FROM (${page}) AS page`,
        values: [sliceSize, createdAt, id, range.from, ...values],
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

/**
 * Throws AppError 400 `unsupported_filters` for a combination that would read all orders, and ValidationError for a range
 * of time that is none. `pointer` is where a request has the filters.
 */
export function checkExportFilters(filters: ExportFilters, pointer = '/filters'): void {
  const locate = (name: string) => ({ pointer: `${pointer}/${name}` })
  throwIfInvalid(rangeErrors(filters, locate))
  refuseUnsupported(filters, locate)
}
