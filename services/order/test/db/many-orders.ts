import type { TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'

export type ManyOrders = { userId: string; productId: string }

/**
 * Stores `count` orders of one item, `n` from 1 to `count`, the newest first. SQL conditions on `n` say which are of the
 * returned user, of the returned product, and cancelled with a late payment. All others are of some of 3000 users, of some
 * of 3000 products, and have the other statuses.
 */
export async function insertManyOrders(
  { owner }: TestDatabase,
  options: { count: number; stepSeconds: number; ofUser: string; ofProduct: string; cancelled: string },
): Promise<ManyOrders> {
  const { count, stepSeconds, ofUser, ofProduct, cancelled } = options
  const [userId, productId] = [uuidv7(), uuidv7()]
  const status = `CASE WHEN ${cancelled} THEN 'cancelled'
    ELSE (ARRAY['pending', 'paid', 'shipped', 'delivered', 'delivered', 'delivered', 'refunded'])[n / 7 % 7 + 1] END`
  const text = `
    WITH placed AS (
      INSERT INTO orders (user_id, product_id, product_name, item_count, total_amount, refunded_amount, currency, status,
        late_payment, tracking_number, created_at, updated_at)
      SELECT CASE WHEN ${ofUser} THEN $1::uuid ELSE lpad(to_hex(n % 3000), 32, '0')::uuid END,
        CASE WHEN ${ofProduct} THEN $2::uuid ELSE lpad(to_hex(n % 3000), 32, '0')::uuid END,
        'Thing', 1, 1250, CASE status WHEN 'refunded' THEN 1250 ELSE 0 END, CASE WHEN n % 3 = 0 THEN 'USD' ELSE 'EUR' END,
        status, ${cancelled}, 'PP' || n, at, at
      FROM generate_series($3::int, $4) AS n,
        LATERAL (SELECT ${status}, now() - n * $5::float * interval '1 second') AS computed (status, at)
      RETURNING *
    ), items AS (
      INSERT INTO order_items (user_id, order_id, position, product_id, product_name, quantity, unit_amount, created_at)
      SELECT user_id, id, 1, product_id, product_name, 1, total_amount, created_at FROM placed
    )
    INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at, amount, currency)
    SELECT gen_random_uuid(), user_id, id, event.version, type, status, '{}', created_at + hours * interval '1 hour',
      CASE WHEN hours > 0 THEN total_amount END, CASE WHEN hours > 0 THEN currency END
    FROM placed, (VALUES (1, 'placed', 0), (2, 'paid', 1), (3, 'refunded', 2)) AS event (version, type, hours)
    WHERE hours < 2 OR status = 'refunded'`
  for (let from = 1; from <= count; from += 50_000) {
    const to = Math.min(from + 49_999, count)
    await owner.transaction(async (tx) => {
      // triggers and foreign keys of this many orders would take longer than a test may
      await tx.query({ text: 'SET LOCAL session_replication_role = replica' })
      await tx.query({ text, values: [userId, productId, from, to, stepSeconds] })
    })
  }
  return { userId, productId }
}
