import { historyFaults } from '@shop/order/test/history-faults'
import type { ChangeOutcome } from './changes.ts'
import type { Postgres } from './postgres.ts'
import type { Acknowledged } from './traffic.ts'

export type Audit = {
  /** Acknowledged orders and changes that are missing, or differ from what was acknowledged. */
  lost: number
  /** Orders and changes that are stored more than once. */
  doubled: number
  /** Data that contradicts itself, and changes that were made although they were refused. */
  halves: string[]
}

/** Compares the answers that clients received with the contents of the database, as its owner. */
export async function audit(
  { owner }: Postgres,
  { acknowledged, changes }: { acknowledged: Acknowledged[]; changes: ChangeOutcome[] },
): Promise<Audit> {
  const answers = acknowledged.map(({ shopper, key, body, location }) => ({
    userId: shopper.id,
    key,
    location,
    order: JSON.parse(body),
  }))
  const orderValues = [JSON.stringify(answers)]
  const changeValues = [JSON.stringify(changes)]
  const count = async (text: string, values: unknown[]) => {
    const [row] = await owner.query<{ count: number }>({ text, values })
    return row?.count ?? 0
  }
  const halves = [
    ...(await owner.query<{ half: string }>({ text: halvesQuery, values: orderValues })),
    ...(await owner.query<{ half: string }>({ text: refusedQuery, values: changeValues })),
  ]
  return {
    lost: (await count(lostQuery, orderValues)) + (await count(lostChangesQuery, changeValues)),
    doubled: (await count(doubledQuery, orderValues)) + (await count(doubledChangesQuery, changeValues)),
    halves: [...halves.map(({ half }) => half), ...(await historyFaults(owner))],
  }
}

/**
 * Compares the order as in docs/api.md, which may have changed since, and the row of its key, which has no body: it is
 * answered from the order.
 */
const lostQuery = `
  SELECT count(*)::int AS count
  FROM jsonb_to_recordset($1) AS answer ("userId" uuid, key text, location text, "order" jsonb)
  WHERE NOT EXISTS (
    SELECT FROM orders
    JOIN idempotency_keys AS keys ON keys.user_id = orders.user_id AND keys.order_id = orders.id
    JOIN order_events AS placed ON placed.order_id = orders.id AND placed.version = 1
    WHERE orders.id = (answer."order" ->> 'id')::uuid
      AND orders.user_id = answer."userId"
      AND orders.product_id = (answer."order" ->> 'productId')::uuid
      AND orders.product_name = answer."order" ->> 'productName'
      AND orders.total_amount = (answer."order" ->> 'totalAmount')::bigint
      AND orders.currency = answer."order" ->> 'currency'
      AND placed.status = answer."order" ->> 'status'
      AND date_trunc('milliseconds', orders.created_at) = (answer."order" ->> 'createdAt')::timestamptz
      AND answer."order" -> 'items' = (
        SELECT jsonb_agg(
          jsonb_build_object('position', position, 'productId', items.product_id, 'productName', items.product_name,
            'quantity', items.quantity, 'unitAmount', items.unit_amount)
          ORDER BY position
        )
        FROM order_items AS items WHERE order_id = orders.id
      )
      AND keys.key = answer.key
      AND keys.body IS NULL
      AND answer.location = '/orders/' || orders.id
  )`

/**
 * Only for the shoppers who write, because the demo data's orders have no keys. A shopper never wants the
 * same first item twice.
 */
const doubledQuery = `
  SELECT coalesce(sum(copies - 1), 0)::int AS count
  FROM (
    SELECT count(*) AS copies FROM order_items
    WHERE user_id IN (SELECT (answer ->> 'userId')::uuid FROM jsonb_array_elements($1) AS answer) AND position = 1
    GROUP BY user_id, product_id, quantity
  ) AS wishes`

const halvesQuery = `
  WITH writers AS (SELECT DISTINCT (answer ->> 'userId')::uuid AS user_id FROM jsonb_array_elements($1) AS answer)
  SELECT 'order ' || orders.id || ' has no key' AS half
  FROM orders JOIN writers USING (user_id)
  WHERE NOT EXISTS (
    SELECT FROM idempotency_keys AS keys
    WHERE keys.user_id = orders.user_id AND keys.order_id = orders.id AND keys.body IS NULL
  )
  UNION ALL
  SELECT 'key ' || keys.key || ' has no order'
  FROM idempotency_keys AS keys
  WHERE NOT EXISTS (SELECT FROM orders WHERE orders.id = keys.order_id)`

/** The changes that clients have sent, each with the events that carry its marker. */
const markedEvents = `
  jsonb_to_recordset($1) AS change (
    "orderId" uuid, "actorId" text, type text, marker text, made jsonb
  ),
  LATERAL (
    SELECT count(*) AS copies,
      count(*) FILTER (
        WHERE version = (made ->> 'version')::integer AND status = made ->> 'status' AND events.type = change.type
          AND actor ->> 'id' = "actorId"
      ) AS exact
    FROM order_events AS events WHERE order_id = "orderId" AND strpos(data::text, marker) > 0
  ) AS stored`

const lostChangesQuery = `
  SELECT count(*)::int AS count FROM ${markedEvents} WHERE made IS NOT NULL AND exact = 0`

const doubledChangesQuery = `
  SELECT coalesce(sum(copies - 1), 0)::int AS count FROM ${markedEvents} WHERE made IS NOT NULL AND copies > 1`

const refusedQuery = `
  SELECT format('order %s: %s was refused, and happened', "orderId", type) AS half
  FROM ${markedEvents} WHERE made IS NULL AND copies > 0`
