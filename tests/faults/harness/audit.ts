import type { Postgres } from './postgres.ts'
import type { Acknowledged } from './traffic.ts'

export type Audit = {
  /** Acknowledged orders that are missing, or differ from what was acknowledged. */
  lost: number
  /** Orders that are stored more than once. */
  doubled: number
  /**
   * Incomplete data: an order without its key or the reverse, a count that differs from the number of orders.
   */
  halves: string[]
}

/** Compares the answers that clients received with the contents of the database, as its owner. */
export async function audit({ owner }: Postgres, acknowledged: Acknowledged[]): Promise<Audit> {
  const answers = acknowledged.map(({ shopper, key, body, location }) => ({
    userId: shopper.id,
    key,
    body,
    location,
    order: JSON.parse(body),
  }))
  const values = [JSON.stringify(answers)]
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

/** Compares the order as in docs/api.md, and the row of its key. */
const lostQuery = `
  SELECT count(*)::int AS count
  FROM jsonb_to_recordset($1) AS answer ("userId" uuid, key text, body text, location text, "order" jsonb)
  WHERE NOT EXISTS (
    SELECT FROM orders JOIN idempotency_keys AS keys
      ON keys.user_id = orders.user_id AND keys.location = '/orders/' || orders.id
    WHERE orders.id = (answer."order" ->> 'id')::uuid
      AND orders.user_id = answer."userId"
      AND orders.product_id = (answer."order" ->> 'productId')::uuid
      AND orders.product_name = answer."order" ->> 'productName'
      AND orders.quantity = (answer."order" ->> 'quantity')::int
      AND orders.unit_amount = (answer."order" ->> 'unitAmount')::int
      AND orders.currency = answer."order" ->> 'currency'
      AND orders.status = answer."order" ->> 'status'
      AND date_trunc('milliseconds', orders.created_at) = (answer."order" ->> 'createdAt')::timestamptz
      AND keys.key = answer.key
      AND keys.location = answer.location
      AND keys.body = answer.body
  )`

/**
 * Only for the shoppers who write, because the demo data's orders have no keys. A shopper never wants the
 * same order twice.
 */
const doubledQuery = `
  SELECT coalesce(sum(copies - 1), 0)::int AS count
  FROM (
    SELECT count(*) AS copies FROM orders
    WHERE user_id IN (SELECT (answer ->> 'userId')::uuid FROM jsonb_array_elements($1) AS answer)
    GROUP BY user_id, product_id, quantity
  ) AS wishes`

const halvesQuery = `
  WITH writers AS (SELECT DISTINCT (answer ->> 'userId')::uuid AS user_id FROM jsonb_array_elements($1) AS answer)
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
