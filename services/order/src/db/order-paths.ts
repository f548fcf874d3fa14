import { AppError, type ErrorDetail } from '@shop/service/errors'
import type { Position } from '@shop/service/paging/cursor'
import { toDatabaseTime, toInstant } from '../instants.ts'
import type { OrderStatus } from '../order.ts'
import { orderNumberRange } from '../order-number.ts'
import { newestFirst } from './order-rows.ts'

/** Which orders an operator looks for; an order must match all that is given. */
export type OrderFilters = {
  id?: string | undefined
  /** A number, or its first characters, at least four. */
  number?: string | undefined
  trackingNumber?: string | undefined
  /** The order has one of these. */
  status?: readonly OrderStatus[] | undefined
  userId?: string | undefined
  /** The product of any item. */
  productId?: string | undefined
  latePayment?: true | undefined
}

/**
 * How PostgreSQL finds the orders of some filters: `page` selects columns of the orders before a position, newest first,
 * and `count` selects one column of the same orders. In both, $1 is a limit, $2 and $3 are the position, $4 is the
 * earliest created_at, and `values` follow. `name` is the same for the same texts.
 */
export type AccessPath = { name: string; page: string; count: string; values: (string | null)[] }

/**
 * A row comparison lets an index scan start at the position, at any depth. The first page starts at the end of time, so
 * that it has the same plan as all others.
 */
const within = (time = 'created_at', id = 'id') =>
  `(${time}, ${id}) < ($2::timestamptz, $3::uuid) AND ${time} >= $4::timestamptz`

/** A part of orders that lies together in one index, in the sequence of that index, which begins with `status` for one. */
type Part = { condition: string; order: string }

/** Returns the texts of a walk along a part of an index, or along several parts, whose first orders are merged. */
function walk(parts: [Part, ...Part[]], columns: string): Pick<AccessPath, 'page' | 'count'> {
  const one = (selected: string, { condition, order }: Part) =>
    `SELECT ${selected} FROM orders WHERE ${[condition, within()].filter(Boolean).join(' AND ')}
     ORDER BY ${order} LIMIT $1`
  const merged = (selected: string) =>
    parts.length === 1
      ? one(selected, parts[0])
      : `SELECT * FROM (${parts.map((part) => `(${one(selected, part)})`).join(' UNION ALL ')}) AS merged
         ORDER BY ${parts[0].order.replace(/^status, /, '')} LIMIT $1`
  return { page: merged(columns), count: merged('created_at, id') }
}

/** The orders of a user, in all statuses or in some. Their statuses are parameters from $6 on. */
const partsOfUser = (statuses: readonly OrderStatus[]) =>
  (statuses.length === 0
    ? [{ condition: 'user_id = $5', order: newestFirst.ofUser }]
    : statuses.map((_, index) => ({
        condition: `user_id = $5 AND status = $${6 + index}`,
        order: newestFirst.ofUserInStatus,
      }))) as [Part, ...Part[]]

/**
 * All users' orders, in all statuses or in some, which are parameters from $5 on. A status is compared with an array of
 * one, and leads the order: with `status = $5` PostgreSQL walks along orders_placed_idx and filters, so it would read all
 * orders to find the last ones of a status.
 */
const partsOfAll = (statuses: readonly OrderStatus[]) =>
  (statuses.length === 0
    ? [{ condition: '', order: newestFirst.ofAll }]
    : statuses.map((_, index) => ({
        condition: `status = ANY ($${5 + index}::text[])`,
        order: `status, ${newestFirst.ofAll}`,
      }))) as [Part, ...Part[]]

const partPaidLate = { condition: 'late_payment', order: newestFirst.ofAll }

/** An order may have a product only once, but the index does not know that. */
const itemsOfProduct = `
  SELECT DISTINCT ON (created_at, order_id) created_at, order_id FROM order_items
  WHERE product_id = $5 AND ${within('created_at', 'order_id')}
  ORDER BY created_at DESC, order_id DESC LIMIT $1`

/** By the id alone: with the user too, PostgreSQL may read all orders of the user to find the one with this id. */
const ofProduct = (columns: string) => ({
  page: `
    SELECT shown.* FROM (${itemsOfProduct}) AS item (placed_at, order_id)
    CROSS JOIN LATERAL (SELECT ${columns} FROM orders WHERE id = order_id) AS shown
    ORDER BY placed_at DESC, order_id DESC`,
  count: itemsOfProduct,
})

/** What selects so few orders that all other filters can be applied to them one by one. */
type Key = 'id' | 'number' | 'trackingNumber'

/** MATERIALIZED, because PostgreSQL would walk along all orders to spare itself the sort of the few. */
const fewOrders = (condition: string) =>
  `(WITH few AS MATERIALIZED (SELECT * FROM orders WHERE ${condition}) SELECT * FROM few)`

/** A number of `none` may be that of many orders, so these are in the sequence of their index. */
const sources: Record<Key, { from: string; condition: string; order: string }> = {
  id: { from: fewOrders('id = $5'), condition: 'true', order: newestFirst.ofUser },
  number: {
    from: fewOrders('order_number_value(id) BETWEEN $6 AND $7'),
    condition: 'true',
    order: newestFirst.ofUser,
  },
  trackingNumber: {
    from: 'orders',
    condition: 'tracking_number = $8',
    order: newestFirst.ofUserInStatus,
  },
}

function pick(key: Key, columns: string) {
  const { from, condition, order } = sources[key]
  const select = (selected: string) => `
    SELECT ${selected} FROM ${from} AS found
    WHERE ${condition} AND ${within()}
      AND ($5::uuid IS NULL OR id = $5)
      AND ($6::bigint IS NULL OR order_number_value(id) BETWEEN $6 AND $7::bigint)
      AND ($8::text IS NULL OR tracking_number = $8)
      AND ($9::text[] IS NULL OR status = ANY ($9))
      AND ($10::uuid IS NULL OR user_id = $10)
      AND ($11::uuid IS NULL OR EXISTS (
        SELECT FROM order_items
        WHERE order_id = found.id AND order_items.user_id = found.user_id AND product_id = $11
      ))
      AND ($12::boolean IS NULL OR late_payment)
    ORDER BY ${order} LIMIT $1`
  return { page: select(columns), count: select('id') }
}

/** Returns the access path to `columns` of the orders of filters that refuseUnsupported accepts. */
export function accessPath(filters: OrderFilters, columns: string): AccessPath {
  const { id, number, trackingNumber, userId, productId, latePayment } = filters
  // a status that is given twice would list its orders twice
  const statuses = [...new Set(filters.status)]
  const key = keyOf(filters)
  if (key) {
    const { from, to } = (number !== undefined && orderNumberRange(number)) || { from: null, to: null }
    const values = [id, from, to, trackingNumber, toArray(statuses), userId, productId, latePayment && 'true']
    return { name: `by-${key}`, ...pick(key, columns), values: values.map((value) => value ?? null) }
  }
  if (productId !== undefined) return { name: 'of-product', ...ofProduct(columns), values: [productId] }
  if (latePayment) return { name: 'paid-late', ...walk([partPaidLate], columns), values: [] }
  const ofStatuses = statuses.length > 0 ? `-in-${statuses.length}-statuses` : ''
  if (userId !== undefined)
    return {
      name: `of-user${ofStatuses}`,
      ...walk(partsOfUser(statuses), columns),
      values: [userId, ...statuses],
    }
  return {
    name: `of-all${ofStatuses}`,
    ...walk(partsOfAll(statuses), columns),
    values: statuses.map((one) => `{${one}}`),
  }
}

const keyOf = (filters: OrderFilters): Key | undefined =>
  (['id', 'number', 'trackingNumber'] as const).find((key) => filters[key] !== undefined)

const toArray = (statuses: OrderStatus[]) => (statuses.length > 0 ? `{${statuses.join()}}` : null)

/** Filters that no index combines; each of them can be combined with a range of time. */
const exclusive = [
  ['productId', 'status'],
  ['productId', 'userId'],
  ['productId', 'email'],
  ['productId', 'latePayment'],
  ['latePayment', 'status'],
  ['latePayment', 'userId'],
  ['latePayment', 'email'],
] as const

/** Says where a request has a filter. */
type Locate = (filter: string) => { parameter: string } | { pointer: string }

const inQuery: Locate = (parameter) => ({ parameter })

/**
 * Throws AppError 400 `unsupported_filters` for a combination that would read all orders; `email` stands for the user
 * that it belongs to.
 */
export function refuseUnsupported(
  filters: OrderFilters & { email?: string | undefined },
  locate: Locate = inQuery,
): void {
  if (keyOf(filters)) return
  const given = (name: (typeof exclusive)[number][number]) => filters[name] !== undefined
  const errors: ErrorDetail[] = exclusive
    .filter(([one, other]) => given(one) && given(other))
    .map(([one, other]) => ({ ...locate(one), detail: `cannot be combined with ${other}` }))
  if (errors.length === 0) return
  throw new AppError(
    400,
    'unsupported_filters',
    'No index answers this combination of filters: it could read all orders. Leave one out.',
    { errors },
  )
}

/** The orders before `start`, in the sequence of lists, and not before `from`: PostgreSQL's texts. */
export type Range = { start: Position; from: string }

const endOfTime: Position = { createdAt: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }
/** Ids break ties, and no id is before this one. */
const firstId = '00000000-0000-0000-0000-000000000000'

/** Placed from `createdFrom` on and before `createdTo`: RFC 3339, unlimited when absent. */
type Placed = { createdFrom?: string | undefined; createdTo?: string | undefined }

export const rangeOf = ({ createdFrom, createdTo }: Placed): Range => ({
  start: createdTo === undefined ? endOfTime : { createdAt: toDatabaseTime(createdTo), id: firstId },
  from: createdFrom === undefined ? '-infinity' : toDatabaseTime(createdFrom),
})

/** Returns the problems of a range of time. */
export function rangeErrors({ createdFrom, createdTo }: Placed, locate: Locate = inQuery): ErrorDetail[] {
  const times = Object.entries({ createdFrom, createdTo }).flatMap(([name, text]) =>
    text === undefined ? [] : [{ name, instant: toInstant(text) }],
  )
  const invalid = times.filter(({ instant }) => instant === undefined)
  if (invalid.length > 0)
    return invalid.map(({ name }) => ({ ...locate(name), detail: 'must be a valid date-time' }))
  const [from, to] = times.map(({ instant }) => instant as bigint)
  if (from === undefined || to === undefined || from < to) return []
  return [{ ...locate('createdTo'), detail: 'must be later than createdFrom' }]
}
