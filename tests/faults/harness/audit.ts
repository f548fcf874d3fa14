import type { Postgres } from './postgres.ts'
import type { Acknowledged } from './traffic.ts'

export type Audit = {
  /** Acknowledged orders that are not there, or are not what was acknowledged. */
  lost: number
  /** Orders that are there more than once. */
  doubled: number
  /** What is there by half: an order without its key or the reverse, a count that is not the number of orders. */
  halves: string[]
}

/** Compares what clients were told with what is in the database, seen by its owner. */
export async function audit({ owner }: Postgres, acknowledged: Acknowledged[]): Promise<Audit> {
  const told = acknowledged.map(({ shopper, key, body, location }) => ({
    userId: shopper.id,
    key,
    body,
    location,
    order: JSON.parse(body),
  }))
  const values = [JSON.stringify(told)]
  const count = async (text: string) => {
    const [row] = await owner.query<{ count: number }>({ text, values })
    return row?.count ?? 0
  }
  const halves = await owner.query<{ half: string }>({ text: halvesQuery, values })
  return {
    lost: await count(lostQuery),
    doubled: await count(doubledQuery),
    halves: halves.map(({ half }) => half),
  }
}

/** As docs/api.md shows an order, and the key's row as it must stand beside it. */
const lostQuery = `
  SELECT count(*)::int AS count
  FROM jsonb_to_recordset($1) AS told ("userId" uuid, key text, body text, location text, "order" jsonb)
  WHERE NOT EXISTS (
    SELECT FROM orders JOIN idempotency_keys AS keys
      ON keys.user_id = orders.user_id AND keys.location = '/orders/' || orders.id
    WHERE orders.id = (told."order" ->> 'id')::uuid
      AND orders.user_id = told."userId"
      AND orders.product_id = (told."order" ->> 'productId')::uuid
      AND orders.product_name = told."order" ->> 'productName'
      AND orders.quantity = (told."order" ->> 'quantity')::int
      AND orders.unit_amount = (told."order" ->> 'unitAmount')::int
      AND orders.currency = told."order" ->> 'currency'
      AND orders.status = told."order" ->> 'status'
      AND date_trunc('milliseconds', orders.created_at) = (told."order" ->> 'createdAt')::timestamptz
      AND keys.key = told.key
      AND keys.location = told.location
      AND keys.body = told.body
  )`

/** The shoppers who write: the demo data's orders have no keys. No two wishes of one of them are alike. */
const doubledQuery = `
  SELECT coalesce(sum(copies - 1), 0)::int AS count
  FROM (
    SELECT count(*) AS copies FROM orders
    WHERE user_id IN (SELECT (told ->> 'userId')::uuid FROM jsonb_array_elements($1) AS told)
    GROUP BY user_id, product_id, quantity
  ) AS wishes`

const halvesQuery = `
  WITH writers AS (SELECT DISTINCT (told ->> 'userId')::uuid AS user_id FROM jsonb_array_elements($1) AS told)
  SELECT 'order ' || orders.id || ' has no key' AS half
  FROM orders JOIN writers USING (user_id)
  WHERE NOT EXISTS (SELECT FROM idempotency_keys AS keys WHERE keys.location = '/orders/' || orders.id)
  UNION ALL
  SELECT 'key ' || keys.key || ' has no order'
  FROM idempotency_keys AS keys
  WHERE NOT EXISTS (SELECT FROM orders WHERE keys.location = '/orders/' || orders.id)
  UNION ALL
  SELECT format('user %s has %s orders in status %s, counted as %s', user_id, real.count, status, kept.count)
  FROM (SELECT user_id, status, count(*) AS count FROM orders GROUP BY user_id, status) AS real
  FULL JOIN order_counts AS kept USING (user_id, status)
  WHERE coalesce(real.count, 0) <> coalesce(kept.count, 0)`
