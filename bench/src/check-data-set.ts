import type { Queryable } from '@shop/service/database/database'
import { totalOrders, users, uuid } from './data-set.ts'

export const countOrders = 'SELECT user_id, status, count(*) FROM orders GROUP BY user_id, status'

/** Ids that the service creates are greater. */
export const lastId = uuid(0xffff_ffff_ffff)

/** Throws unless the number of orders is as expected, and the stored counts match the orders. */
export async function checkCounts(db: Queryable): Promise<void> {
  const [found] = await db.query<{ total: number; wrong: number }>({
    text: `
      SELECT (SELECT count(*) FROM orders WHERE id <= $1)::int AS total, count(*)::int AS wrong
      FROM (${countOrders}) AS actual
      FULL JOIN order_counts AS kept USING (user_id, status)
      WHERE coalesce(actual.count, 0) <> coalesce(kept.count, 0)`,
    values: [lastId],
  })
  if (found?.total !== totalOrders())
    throw new Error(`the data set has ${found?.total} orders instead of ${totalOrders()}`)
  if (found.wrong > 0) throw new Error(`${found.wrong} rows of order_counts do not match the orders`)
}

/**
 * Throws unless the orders are what the service could have stored: the data set is loaded with the guards switched off.
 * Checks that no item or event is missing, and each order of some users; the formulas are the same for all users.
 */
export async function checkOrders(db: Queryable): Promise<void> {
  const checks = { 'number of items or events': missingRows, items: wrongItems, history: wrongHistories }
  for (const [what, text] of Object.entries(checks)) {
    const [found] = await db.query<{ wrong: number }>({
      text: `SELECT count(*)::int AS wrong FROM (${text}) AS wrong`,
    })
    if (found?.wrong !== 0) throw new Error(`the data set has orders with a wrong ${what}: ${found?.wrong}`)
  }
}

const missingRows = `
  SELECT FROM (SELECT sum(item_count) AS items, sum(version) AS events FROM orders) AS expected
  WHERE (items, events) <> ((SELECT count(*) FROM order_items), (SELECT count(*) FROM order_events))`

const isChecked = (userId: string) =>
  `(${userId} <= '${uuid(1000)}' OR ${userId} = '${uuid(users.heavy.from)}')`

const wrongItems = `
  SELECT FROM orders LEFT JOIN order_items AS item ON item.order_id = orders.id AND item.user_id = orders.user_id
  WHERE ${isChecked('orders.user_id')}
  GROUP BY orders.id
  HAVING NOT coalesce(
    (count(*), min(position), max(position), sum(item.quantity::bigint * item.unit_amount))
      = (item_count, 1, item_count, total_amount)
    AND bool_and(item.created_at = orders.created_at)
    AND bool_or(position = 1 AND (item.product_id, item.product_name) = (orders.product_id, orders.product_name)),
    false
  )`

const wrongHistories = `
  SELECT FROM orders
  LEFT JOIN (
    SELECT *, lag(status) OVER versions AS previous_status, lag(at) OVER versions AS previous_at
    FROM order_events WHERE ${isChecked('user_id')}
    WINDOW versions AS (PARTITION BY order_id ORDER BY version)
  ) AS event ON event.order_id = orders.id AND event.user_id = orders.user_id
  WHERE ${isChecked('orders.user_id')}
  GROUP BY orders.id
  HAVING NOT coalesce(
    (count(*), max(event.version)) = (orders.version, orders.version)
    AND bool_and(
      CASE event.version
        WHEN 1 THEN event.status = 'pending' AND at = created_at
        ELSE at > previous_at AND is_order_transition(type, previous_status, event.status)
      END
    )
    AND bool_or(event.version = orders.version AND event.status = orders.status AND at = updated_at)
    AND bool_and(type <> 'paid' OR amount = total_amount)
    AND coalesce(sum(amount) FILTER (WHERE type = 'refunded'), 0) = refunded_amount,
    false
  )`
