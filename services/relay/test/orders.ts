import type { Queryable } from '@shop/service/database/database'
import type { TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'

/** Anything that runs a statement: a pool, or one connection for a transaction that a test holds open. */
type Connection = Pick<Queryable, 'query'> | { query(query: { text: string; values?: unknown[] }): unknown }

export type Item = { productName: string; quantity: number; unitAmount: number }

const aThing: Item = { productName: 'Thing', quantity: 2, unitAmount: 1250 }

/** Stores a user and a product that orders can be of. */
export async function insertShop({ owner }: TestDatabase) {
  const [userId, productId] = [uuidv7(), uuidv7()]
  await owner.query({
    text: `INSERT INTO users (id, email, password_hash, name) VALUES ($1::uuid, $1::uuid || '@example.com', '$argon2id$none', 'Test')`,
    values: [userId],
  })
  await owner.query({
    text: `INSERT INTO products (id, name, unit_amount, currency) VALUES ($1, 'Thing', 1250, 'EUR')`,
    values: [productId],
  })
  return { userId, productId }
}

export type TestShop = Awaited<ReturnType<typeof insertShop>>

export type Placed = {
  id?: string
  items?: Item[]
  /** Anything that PostgreSQL reads as a timestamptz. */
  at?: string
  traceparent?: string
}

/** Places an order as the order service does, in one statement, and returns its id. */
export async function place(
  connection: Connection,
  { userId, productId }: TestShop,
  { id = uuidv7(), items = [aThing], at = 'now', traceparent }: Placed = {},
): Promise<string> {
  const total = items.reduce((sum, { quantity, unitAmount }) => sum + quantity * unitAmount, 0)
  await connection.query({
    text: `
      WITH placed AS (
        INSERT INTO orders (id, user_id, product_id, product_name, item_count, total_amount, currency, shipping_address,
          metadata, created_at, updated_at)
        VALUES ($1, $2, $3, $4::jsonb->0->>'productName', jsonb_array_length($4), $5, 'EUR', '{"name": "canary"}',
          '{"canary": "canary"}', $6, $6)
        RETURNING *
      ), items AS (
        INSERT INTO order_items (user_id, order_id, position, product_id, product_name, quantity, unit_amount, created_at)
        SELECT user_id, id, position, product_id, item->>'productName', (item->>'quantity')::int,
          (item->>'unitAmount')::int, created_at
        FROM placed, jsonb_array_elements($4::jsonb) WITH ORDINALITY AS items (item, position)
      )
      INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at, traceparent)
      SELECT $7, user_id, id, 1, 'placed', 'pending', '{"id": "canary", "role": "customer"}', created_at, $8 FROM placed`,
    values: [id, userId, productId, JSON.stringify(items), total, at, uuidv7(), traceparent ?? null],
  })
  return id
}

type Change = { type: string; status?: string; set?: string; amount?: number; data?: object }

const changes = {
  pay: {
    type: 'paid',
    status: 'paid',
    set: `payment_reference = 'canary'`,
    amount: 2500,
    data: { reference: 'canary' },
  },
  payLate: {
    type: 'paid_late',
    set: `payment_reference = 'canary', late_payment = true`,
    amount: 2500,
    data: { reference: 'canary' },
  },
  ship: {
    type: 'shipped',
    status: 'shipped',
    set: `carrier = 'Parcel Post', tracking_number = 'PP1'`,
    data: { carrier: 'Parcel Post', trackingNumber: 'PP1' },
  },
  track: {
    type: 'tracked',
    set: `carrier = 'Other', tracking_number = 'O1', tracking_url = 'https://example.com/O1'`,
    data: { carrier: 'Other', trackingNumber: 'O1', trackingUrl: 'https://example.com/O1' },
  },
  deliver: { type: 'delivered', status: 'delivered' },
  unship: {
    type: 'reverted',
    status: 'paid',
    set: 'carrier = NULL, tracking_number = NULL, tracking_url = NULL',
    data: { reason: 'canary' },
  },
  undeliver: { type: 'reverted', status: 'shipped', data: { reason: 'canary' } },
  cancel: { type: 'cancelled', status: 'cancelled', data: { reason: 'canary', note: 'canary' } },
  refundPart: {
    type: 'refunded',
    set: 'refunded_amount = refunded_amount + 1000',
    amount: 1000,
    data: { reason: 'canary' },
  },
  refundRest: {
    type: 'refunded',
    status: 'refunded',
    set: 'refunded_amount = total_amount',
    amount: 1500,
    data: { reason: 'canary' },
  },
  refundLateRest: {
    type: 'refunded',
    set: 'refunded_amount = total_amount, late_payment = false',
    amount: 1500,
    data: { reason: 'canary' },
  },
  refundWhole: {
    type: 'refunded',
    status: 'refunded',
    set: 'refunded_amount = total_amount',
    amount: 2500,
    data: { reason: 'canary' },
  },
  note: { type: 'noted', data: { note: 'canary' } },
} satisfies Record<string, Change>

export type ChangeName = keyof typeof changes

/** Changes an order of 25.00 EUR as the order service does, in one statement. */
export async function change(connection: Connection, orderId: string, name: ChangeName): Promise<void> {
  const { type, status, set, amount, data = {} }: Change = changes[name]
  await connection.query({
    text: `
      WITH changed AS (
        UPDATE orders SET version = version + 1, status = coalesce($2, status),
          updated_at = greatest(clock_timestamp(), updated_at + interval '1 microsecond') ${set ? `, ${set}` : ''}
        WHERE id = $1 RETURNING *
      )
      INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at, amount, currency, data)
      SELECT $3, user_id, id, version, $4, status, '{"id": "canary", "role": "admin"}', updated_at, $5::bigint,
        CASE WHEN $5::bigint IS NOT NULL THEN currency END, $6 FROM changed`,
    values: [orderId, status ?? null, uuidv7(), type, amount ?? null, JSON.stringify(data)],
  })
}

export type Fed = { position: number; orderId: string; version: number }

/** Returns the feed, in order. */
export async function readFeed({ owner }: TestDatabase): Promise<Fed[]> {
  return owner.query<Fed>({
    text: 'SELECT position::int, order_id AS "orderId", version FROM feed ORDER BY position',
  })
}
