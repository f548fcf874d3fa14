import type { Queryable } from '@shop/service/database/database'

/**
 * Returns what is wrong with the orders of a database, as its owner sees them: items that do not add up, a history
 * with gaps or forbidden steps, one that ends elsewhere than the order, money that was not moved, wrong counts.
 */
export async function historyFaults(owner: Queryable): Promise<string[]> {
  const rows = await owner.query<{ fault: string }>({ text: faultsQuery })
  return rows.map(({ fault }) => fault)
}

/** Of an order that the version before has placed, only the last of its first steps is known. */
const faultsQuery = `
  WITH steps AS (
    SELECT *, row_number() OVER versions AS place, lag(status) OVER versions AS previous_status,
      lag(at) OVER versions AS previous_at
    FROM order_events WINDOW versions AS (PARTITION BY order_id ORDER BY version)
  ), histories AS (
    SELECT orders.id,
      count(*) = orders.version AND bool_and(place = steps.version AND steps.user_id = orders.user_id)
        AS "one event for each version",
      bool_and(CASE
        WHEN steps.version = 1 THEN type = 'placed' AND steps.status = 'pending' AND at = orders.created_at
        WHEN steps.version = 2 AND unit_amount IS NOT NULL THEN true
        ELSE at > previous_at AND is_order_transition(type, previous_status, steps.status)
      END) AS "a history of allowed steps",
      bool_or(
        steps.version = orders.version AND steps.status = orders.status
        AND (at = orders.updated_at OR steps.version = 1 AND unit_amount IS NOT NULL)
      ) AS "a last event of its status and time",
      coalesce(sum(amount) FILTER (WHERE type = 'refunded'), 0) = refunded_amount
        AND coalesce(bool_and(amount = total_amount) FILTER (WHERE type LIKE 'paid%'), true)
        AND count(*) FILTER (WHERE type LIKE 'paid%') <= 1
        AND bool_and((amount IS NOT NULL) = (type IN ('paid', 'paid_late', 'refunded')))
        AND coalesce(bool_and(steps.currency = orders.currency) FILTER (WHERE amount IS NOT NULL), true)
        AS "the money that its events moved"
    FROM orders LEFT JOIN steps ON steps.order_id = orders.id
    GROUP BY orders.id
  ), contents AS (
    SELECT orders.id,
      (count(*), sum(items.quantity::bigint * items.unit_amount), max(position)) =
          (item_count, total_amount, item_count)
        AND bool_or(
          position = 1 AND items.product_id = orders.product_id AND items.product_name = orders.product_name
        )
        AND bool_and(items.user_id = orders.user_id AND items.created_at = orders.created_at)
        AS "items that add up"
    FROM orders LEFT JOIN order_items AS items ON items.order_id = orders.id
    GROUP BY orders.id
  )
  SELECT format('order %s does not have %s', checks.id, name) AS fault
  FROM (SELECT * FROM histories JOIN contents USING (id)) AS checks,
    jsonb_each(to_jsonb(checks) - 'id') AS each (name, holds)
  WHERE holds <> 'true'
  UNION ALL
  SELECT format('user %s has %s orders in status %s, counted as %s', user_id, real.count, status, kept.count)
  FROM (SELECT user_id, status, count(*) AS count FROM orders GROUP BY user_id, status) AS real
  FULL JOIN order_counts AS kept USING (user_id, status)
  WHERE coalesce(real.count, 0) <> coalesce(kept.count, 0)`
