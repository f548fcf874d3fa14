import { AppError, type ErrorDetail } from '@shop/service/errors'
import type { OrderStatus } from '../order.ts'
import { orderNumberRange } from '../order-number.ts'
import { listColumns } from './order-rows.ts'

/** What an operator looks for; an order must match all that is given. */
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
 * How PostgreSQL finds the orders of some filters: `page` selects `adminColumns` of the orders before a position, newest
 * first, and `count` selects one column of the same orders. In both, $1 is a limit, $2 and $3 are the position, $4 is
 * the earliest created_at, and `values` follow. `name` is the same for the same texts.
 */
export type AccessPath = { name: string; page: string; count: string; values: (string | null)[] }

/** What the operators' list shows; toOrder reads its beginning, and late_payment follows. */
export const adminColumns = `${listColumns}, late_payment`

/**
 * A row comparison lets an index scan start at the position, at any depth. The first page starts at the end of time, so
 * that it has the same plan as all others.
 */
const within = (time = 'created_at', id = 'id') =>
  `(${time}, ${id}) < ($2::timestamptz, $3::uuid) AND ${time} >= $4::timestamptz`

/** Must be as in the indexes: migrations 0005 and 0010. */
const ofUser = 'created_at DESC, id DESC'
const ofAll = 'created_at DESC NULLS LAST, id DESC NULLS LAST'

/** A part of orders that lies together in one index, in the order of that index. */
type Part = { condition: string; order: string }

/** Returns the texts of a walk along a part of an index, or along several parts, whose first orders are merged. */
function walk(parts: [Part, ...Part[]]): Pick<AccessPath, 'page' | 'count'> {
  const one = (columns: string, { condition, order }: Part) =>
    `SELECT ${columns} FROM orders WHERE ${[condition, within()].filter(Boolean).join(' AND ')}
     ORDER BY ${order} LIMIT $1`
  const merged = (columns: string) =>
    parts.length === 1
      ? one(columns, parts[0])
      : `SELECT * FROM (${parts.map((part) => `(${one(columns, part)})`).join(' UNION ALL ')}) AS merged
         ORDER BY ${ofUser} LIMIT $1`
  return { page: merged(adminColumns), count: merged('created_at, id') }
}

/** The orders of a user, in all statuses or in some. Their statuses are parameters from $6 on. */
const partsOfUser = (statuses: readonly OrderStatus[]) =>
  (statuses.length === 0 ? [''] : statuses.map((_, index) => ` AND status = $${6 + index}`)).map(
    (ofStatus) => ({
      condition: `user_id = $5${ofStatus}`,
      order: ofUser,
    }),
  ) as [Part, ...Part[]]

/**
 * All users' orders, in all statuses or in some, which are parameters from $5 on. A status is compared with an array of
 * one, and leads the order: with `status = $5` PostgreSQL walks along orders_placed_idx and filters, so it would read all
 * orders to find the last ones of a status.
 */
const partsOfAll = (statuses: readonly OrderStatus[]) =>
  (statuses.length === 0
    ? [{ condition: '', order: ofAll }]
    : statuses.map((_, index) => ({
        condition: `status = ANY ($${5 + index}::text[])`,
        order: `status, ${ofAll}`,
      }))) as [Part, ...Part[]]

/** An order may have a product only once, but the index does not know that. */
const itemsOfProduct = `
  SELECT DISTINCT ON (created_at, order_id) created_at, order_id FROM order_items
  WHERE product_id = $5 AND ${within('created_at', 'order_id')}
  ORDER BY created_at DESC, order_id DESC LIMIT $1`

/** By the id alone: with the user too, PostgreSQL may read all orders of the user to find the one with this id. */
const ofProduct = {
  page: `
    SELECT shown.* FROM (${itemsOfProduct}) AS item (placed_at, order_id)
    CROSS JOIN LATERAL (SELECT ${adminColumns} FROM orders WHERE id = order_id) AS shown
    ORDER BY placed_at DESC, order_id DESC`,
  count: itemsOfProduct,
}

/** What selects so few orders that all other filters can be applied to them one by one. */
const keys = {
  id: 'id = $5',
  number: 'order_number_value(id) BETWEEN $6 AND $7',
  trackingNumber: 'tracking_number = $8',
} as const

/** MATERIALIZED, because PostgreSQL would walk along all orders to spare itself the sort of the few. */
function pick(key: keyof typeof keys) {
  const select = (columns: string) => `
    WITH found AS MATERIALIZED (
      SELECT ${adminColumns}, tracking_number FROM orders WHERE ${keys[key]}
    )
    SELECT ${columns} FROM found
    WHERE ${within()}
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
    ORDER BY created_at DESC, id DESC LIMIT $1`
  return { page: select(adminColumns), count: select('id') }
}

/** Returns the access path of filters that refuseUnsupported accepts. */
export function accessPath(filters: OrderFilters): AccessPath {
  const { id, number, trackingNumber, userId, productId, latePayment } = filters
  // a status that is given twice would list its orders twice
  const statuses = [...new Set(filters.status)]
  const key = keyOf(filters)
  if (key) {
    const { from, to } = (number !== undefined && orderNumberRange(number)) || { from: null, to: null }
    const values = [id, from, to, trackingNumber, toArray(statuses), userId, productId, latePayment && 'true']
    return { name: `by-${key}`, ...pick(key), values: values.map((value) => value ?? null) }
  }
  if (productId !== undefined) return { name: 'of-product', ...ofProduct, values: [productId] }
  if (latePayment)
    return { name: 'paid-late', ...walk([{ condition: 'late_payment', order: ofAll }]), values: [] }
  const ofStatuses = statuses.length > 0 ? `-in-${statuses.length}-statuses` : ''
  if (userId !== undefined)
    return { name: `of-user${ofStatuses}`, ...walk(partsOfUser(statuses)), values: [userId, ...statuses] }
  return {
    name: `of-all${ofStatuses}`,
    ...walk(partsOfAll(statuses)),
    values: statuses.map((one) => `{${one}}`),
  }
}

const keyOf = (filters: OrderFilters) =>
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

/**
 * Throws AppError 400 `unsupported_filters` for a combination that would read all orders; `email` stands for the user
 * that it belongs to.
 */
export function refuseUnsupported(filters: OrderFilters & { email?: string | undefined }): void {
  if (keyOf(filters)) return
  const given = (name: (typeof exclusive)[number][number]) => filters[name] !== undefined
  const errors = exclusive.filter(([one, other]) => given(one) && given(other)).map(unsupported)
  if (errors.length === 0) return
  throw new AppError(
    400,
    'unsupported_filters',
    'No index answers this combination of filters: it could read all orders. Leave one out, or add id, number or trackingNumber.',
    { errors },
  )
}

const unsupported = ([parameter, other]: (typeof exclusive)[number]): ErrorDetail => ({
  parameter,
  detail: `cannot be combined with ${other}`,
})
