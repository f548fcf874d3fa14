import type { Statement, TextQueryable } from '@shop/service/database/database'

/** The answer to a request; `fingerprint` is a hexadecimal hash of the request. */
export type StoredAnswer = { fingerprint: string; status: number; body: string; location: string }

type Scope = { userId: string; key: string }

export function createIdempotencyRepository(db: TextQueryable) {
  return {
    /** Returns the answer stored for this user's key, unless it has expired. */
    async findAnswer({ userId, key }: Scope): Promise<StoredAnswer | undefined> {
      const [row] = await db.queryTexts({
        name: 'find-idempotent-answer',
        text: `SELECT encode(fingerprint, 'hex'), status, body, location FROM idempotency_keys
               WHERE user_id = $1 AND key = $2 AND expires_at > now()`,
        values: [userId, key],
      })
      if (!row) return undefined
      const [fingerprint, status, body, location] = row as [string, string, string, string]
      return { fingerprint, status: Number(status), body, location }
    },

    /**
     * Locks this user's key for the transaction and returns whether that succeeded. The lock ends with the
     * transaction, so a crash leaves nothing behind; nothing waits for it, so requests do not pile up.
     */
    async lockKey({ userId, key }: Scope): Promise<boolean> {
      const [row] = await db.queryTexts({
        name: 'lock-idempotency-key',
        text: 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))',
        values: [`${userId} ${key}`],
      })
      return row?.[0] === 't'
    },

    /**
     * Deletes up to `limit` expired answers and returns how many. Replicas may run it at the same time: each
     * takes different rows.
     */
    async deleteExpired(limit: number): Promise<number> {
      const rows = await db.queryTexts({
        name: 'delete-expired-answers',
        text: `DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
                 SELECT ctid FROM idempotency_keys WHERE expires_at <= now()
                 ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED))
               RETURNING true`,
        values: [limit],
      })
      return rows.length
    },
  }
}

/**
 * Returns the statement that stores the answer for 24 hours and replaces an expired one; for sendWithCommit.
 */
export function storeAnswer(
  { userId, key }: Scope,
  { fingerprint, status, body, location }: StoredAnswer,
): Statement {
  return {
    name: 'store-idempotent-answer',
    text: `INSERT INTO idempotency_keys (user_id, key, fingerprint, status, body, location, expires_at)
           VALUES ($1, $2, decode($3, 'hex'), $4, $5, $6, now() + interval '24 hours')
           ON CONFLICT (user_id, key) DO UPDATE
           SET fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
               location = excluded.location, expires_at = excluded.expires_at`,
    values: [userId, key, fingerprint, status, body, location],
  }
}
