import type { Statement, TextQueryable, TextRow, Transaction } from '@shop/service/database/database'
import { isLockTimeout } from '@shop/service/database/failures'
import { itemsOf, toOrderDetails } from './order-rows.ts'

/** The answer to a request; `fingerprint` is a hexadecimal hash of the request. */
export type StoredAnswer = { fingerprint: string; status: number; body: string; location: string }

type Scope = { userId: string; key: string }

export function createIdempotencyRepository(db: TextQueryable) {
  return {
    /** Returns the answer stored for this user's key, unless it has expired. */
    async findAnswer({ userId, key }: Scope): Promise<StoredAnswer | undefined> {
      const [row] = await db.queryTexts({ ...selectAnswer, values: [userId, key] })
      if (!row) return undefined
      const [fingerprint, status, body, location, ...order] = row as [
        string,
        string,
        string,
        string,
        ...TextRow,
      ]
      if (body !== null) return { fingerprint, status: Number(status), body, location }
      if (order[0] === null) throw new Error('The order of a stored answer is missing')
      const placed = toOrderDetails(order, 'owner')
      return { fingerprint, status: 201, body: JSON.stringify(placed), location: `/orders/${placed.id}` }
    },

    /**
     * Deletes up to `limit` expired answers and returns how many. Replicas may run it at the same time: each
     * takes different rows.
     */
    async deleteExpired(limit: number): Promise<number> {
      const rows = await db.queryTexts({
        name: 'delete-expired-answers',
        text: `WITH expired AS MATERIALIZED (
                 SELECT user_id, key FROM idempotency_keys WHERE expires_at <= now()
                 ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
               )
               DELETE FROM idempotency_keys USING expired
               WHERE idempotency_keys.user_id = expired.user_id AND idempotency_keys.key = expired.key
               RETURNING true`,
        values: [limit],
      })
      return rows.length
    },
  }
}

/**
 * An answer with a body is stored as it was given. Without one it is the order as it was placed: everything that can
 * change since is left out or, for the address, looked up in the first event that changed it.
 */
const selectAnswer = {
  name: 'find-idempotent-answer',
  text: `
    SELECT encode(fingerprint, 'hex'), kept.status, body, location, placed.*
    FROM idempotency_keys AS kept LEFT JOIN LATERAL (
      SELECT id, created_at, created_at, user_id, product_id, product_name, item_count, total_amount, 0, currency,
        'pending', 1,
        coalesce((
          SELECT data->'previousAddress' FROM order_events
          WHERE order_id = orders.id AND user_id = orders.user_id AND type = 'readdressed'
          ORDER BY version LIMIT 1
        ), shipping_address),
        metadata, NULL::text, NULL::text, NULL::text, false, NULL::text, ${itemsOf('orders')}
      FROM orders WHERE id = kept.order_id AND user_id = kept.user_id
    ) AS placed ON body IS NULL
    WHERE kept.user_id = $1 AND key = $2 AND expires_at > now()`,
}

/** What became of an attempt to take a key. */
export type KeyState = 'taken' | 'answered' | 'inProgress'

/**
 * Takes this user's key for an order in the transaction, unless it is answered: its row is the lock, so a transaction that
 * takes the same key at the same time makes this one wait. When that takes too long, the key is in progress, and the
 * transaction cannot go on.
 */
export async function takeKey(
  tx: Transaction,
  { userId, key, fingerprint, orderId }: Scope & { fingerprint: string; orderId: string },
): Promise<KeyState> {
  try {
    const rows = await tx.queryTexts({ ...insertKey, values: [userId, key, fingerprint, orderId] })
    return rows.length > 0 ? 'taken' : 'answered'
  } catch (error) {
    if (isLockTimeout(error)) return 'inProgress'
    throw error
  }
}

const insertKey = {
  name: 'take-idempotency-key',
  text: `
    INSERT INTO idempotency_keys AS kept (user_id, key, fingerprint, order_id, expires_at)
    VALUES ($1, $2, decode($3, 'hex'), $4, now() + interval '24 hours')
    ON CONFLICT (user_id, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, order_id = excluded.order_id, expires_at = excluded.expires_at,
      status = NULL, body = NULL, location = NULL
    WHERE kept.expires_at <= now()
    RETURNING true`,
}

/** Returns the statement that stores the answer under a key that the transaction has taken; for sendWithCommit. */
export function storeBody(
  { userId, key }: Scope,
  { status, body, location }: Omit<StoredAnswer, 'fingerprint'>,
): Statement {
  return {
    name: 'store-idempotent-answer',
    text: 'UPDATE idempotency_keys SET status = $3, body = $4, location = $5 WHERE user_id = $1 AND key = $2',
    values: [userId, key, status, body, location],
  }
}
