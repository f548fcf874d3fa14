import type { Role } from '@shop/service/auth/token-verifier'
import { toArrayLiteral } from '@shop/service/database/array-literal'
import type { TextQueryable } from '@shop/service/database/database'
import { violatedConstraint } from '@shop/service/database/failures'
import { NotFoundError } from '@shop/service/errors'
import { newId } from '@shop/service/new-id'
import type { Metadata, OrderDetails, OrderItem, ShippingAddress } from '../order.ts'
import { toOrderDetails } from './order-rows.ts'

/** A product to order, with its name and price at this moment; the order keeps them. */
export type NewItem = Omit<OrderItem, 'position'>

export type NewOrder = {
  userId: string
  /** 1–100, each product once. Positions follow from the order. */
  items: NewItem[]
  /** ISO 4217, of all items. */
  currency: string
  shippingAddress?: ShippingAddress | undefined
  metadata?: Metadata | undefined
  /** The role in which the user places the order, for the history; `customer` when absent. */
  role?: Role | undefined
  /** The trace that the request is part of (W3C Trace Context), for those who learn of the order later. */
  traceparent?: string | undefined
}

/** A new order, and the Idempotency-Key that it is stored under, with a hexadecimal hash of the request. */
export type Placement = NewOrder & { key?: string | undefined; fingerprint?: string | undefined }

/** A stored order, undefined if its key is taken, or the error if its user has no account here. */
type Stored = OrderDetails | NotFoundError | undefined

/**
 * Stores orders with their items, the first events of their histories and their keys, all in one statement and therefore
 * in one transaction. Returns what became of each: one whose key is taken, or whose user is unknown, is not stored. A key
 * may be in the batch only once for each user. Throws the error of the statement, and then none of the orders is stored.
 *
 * The row of a key is its lock: a statement that stores the same key elsewhere makes this one wait for its end.
 */
export async function storeOrders(db: TextQueryable, placements: Placement[]): Promise<Stored[]> {
  const orders = placements.map((placement) => ({ id: newId(), ...placement }))
  const rows = await db.queryTexts({
    ...insertOrders,
    values: [...orderColumns(orders), ...itemColumns(orders)],
  })
  const rowsById = new Map(rows.map((row) => [row[0], row]))
  return orders.map((order) => {
    const row = rowsById.get(order.id)
    if (!row && order.key === undefined) throw new Error('The database did not store an order')
    if (!row) return undefined
    const [id, createdAt, shippingAddress = null, metadata = null] = row
    if (!id || !createdAt) return new NotFoundError('user')
    const items = order.items.map((item, index) => ({
      position: index + 1,
      ...item,
      productId: item.productId.toLowerCase(),
    }))
    return toOrderDetails(placedRow({ id, createdAt, shippingAddress, metadata }, order), 'owner', items)
  })
}

/** Returns the error to throw for an order that was not stored because of this one: NotFoundError for an unknown user or product. */
export function toPlacingError(error: unknown): unknown {
  const constraint = violatedConstraint(error)
  if (constraint === 'orders_user_id_fkey') return new NotFoundError('user', { cause: error })
  if (constraint === 'orders_product_id_fkey' || constraint === 'order_items_product_id_fkey')
    return new NotFoundError('product', { cause: error })
  return error
}

type Identified = Placement & { id: string }

const totalOf = ({ items }: NewOrder) =>
  items.reduce((sum, { quantity, unitAmount }) => sum + quantity * unitAmount, 0)

const toJson = (value: object | undefined) => (value === undefined ? null : JSON.stringify(value))

function orderColumns(orders: Identified[]): string[] {
  const column = (of: (order: Identified) => string | number | null) => toArrayLiteral(orders.map(of))
  return [
    column(({ id }) => id),
    column(({ userId }) => userId),
    column(({ items }) => items[0]?.productId ?? null),
    column(({ items }) => items[0]?.productName ?? null),
    column(({ items }) => items.length),
    column(totalOf),
    column(({ currency }) => currency),
    column(({ shippingAddress }) => toJson(shippingAddress)),
    column(({ metadata }) => toJson(metadata)),
    column(() => newId()),
    column(({ role = 'customer' }) => role),
    column(({ key }) => key ?? null),
    column(({ key, fingerprint }) => (key === undefined ? null : `\\x${fingerprint}`)),
    column(({ traceparent }) => traceparent ?? null),
  ]
}

function itemColumns(orders: Identified[]): string[] {
  const all = orders.flatMap(({ id, items }) =>
    items.map((item, index) => ({ ...item, orderId: id, position: index + 1 })),
  )
  const column = (of: (item: (typeof all)[number]) => string | number) => toArrayLiteral(all.map(of))
  return [
    column(({ orderId }) => orderId),
    column(({ position }) => position),
    column(({ productId }) => productId),
    column(({ productName }) => productName),
    column(({ quantity }) => quantity),
    column(({ unitAmount }) => unitAmount),
  ]
}

type StoredTexts = {
  id: string
  createdAt: string
  /** As PostgreSQL writes JSON, so that a replay has the same bytes. */
  shippingAddress: string | null
  metadata: string | null
}

/** Returns the row of a new order, in the order of `detailColumns`, without the items. */
function placedRow({ id, createdAt, shippingAddress, metadata }: StoredTexts, order: Identified) {
  const { userId, items, currency } = order
  const first = items[0] as NewItem
  const total = String(totalOf(order))
  const listed = [
    id,
    createdAt,
    createdAt,
    userId.toLowerCase(),
    first.productId.toLowerCase(),
    first.productName,
  ]
  return [
    ...listed,
    String(items.length),
    total,
    '0',
    currency,
    'pending',
    '1',
    shippingAddress,
    metadata,
    ...noShipment,
    ...unpaid,
  ]
}

const noShipment = [null, null, null]
const unpaid = ['f', null]

/**
 * The answer is made after the commit, so nothing in it may fail: the time comes in a form that no setting of the connection
 * changes. The keys are locked in one sequence and the counters, by triggers at the end, in another, so that two statements
 * never wait for each other.
 */
export const insertOrders = {
  name: 'insert-orders',
  text: `
    WITH given AS MATERIALIZED (
      SELECT *, user_id IN (SELECT known_users($2)) AS is_known FROM unnest(
        $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::integer[], $6::bigint[], $7::text[], $8::jsonb[], $9::jsonb[],
        $10::uuid[], $11::text[], $12::text[], $13::bytea[], $14::text[]
      ) AS given (id, user_id, product_id, product_name, item_count, total_amount, currency, shipping_address, metadata,
        event_id, role, key, fingerprint, traceparent)
    ), kept AS (
      INSERT INTO idempotency_keys AS kept (user_id, key, fingerprint, order_id, expires_at)
      SELECT user_id, key, fingerprint, id, now() + interval '24 hours' FROM given WHERE key IS NOT NULL AND is_known
      ORDER BY user_id, key
      ON CONFLICT (user_id, key) DO UPDATE
      SET fingerprint = excluded.fingerprint, order_id = excluded.order_id, expires_at = excluded.expires_at,
        status = NULL, body = NULL, location = NULL
      WHERE kept.expires_at <= now()
      RETURNING order_id
    ), placed AS (
      INSERT INTO orders (id, user_id, product_id, product_name, item_count, total_amount, currency, shipping_address,
        metadata)
      SELECT id, user_id, product_id, product_name, item_count, total_amount, currency, shipping_address, metadata
      FROM given WHERE is_known AND (key IS NULL OR id IN (SELECT order_id FROM kept))
      RETURNING id, user_id, created_at, shipping_address, metadata
    ), items AS (
      INSERT INTO order_items (user_id, order_id, position, product_id, product_name, quantity, unit_amount, created_at)
      SELECT placed.user_id, placed.id, item.position, item.product_id, item.product_name, item.quantity,
        item.unit_amount, placed.created_at
      FROM placed JOIN unnest(
        $15::uuid[], $16::smallint[], $17::uuid[], $18::text[], $19::integer[], $20::integer[]
      ) AS item (order_id, position, product_id, product_name, quantity, unit_amount) ON item.order_id = placed.id
    ), events AS (
      INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at, traceparent)
      SELECT event_id, placed.user_id, placed.id, 1, 'placed', 'pending',
        jsonb_build_object('id', placed.user_id, 'role', role), created_at, traceparent
      FROM placed JOIN given USING (id)
    )
    SELECT id, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00'), shipping_address, metadata
    FROM placed
    UNION ALL
    SELECT id, NULL, NULL, NULL FROM given WHERE NOT is_known`,
}
