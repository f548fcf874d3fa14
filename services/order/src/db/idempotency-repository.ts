import type { Statement, TextQueryable } from '@shop/service/database/database'

/** What a request was answered, and what it had asked for, as a hexadecimal hash. */
export type StoredAnswer = { fingerprint: string; status: number; body: string; location: string }

export type IdempotencyRepository = ReturnType<typeof createIdempotencyRepository>

type Scope = { userId: string; key: string }

export function createIdempotencyRepository(db: TextQueryable) {
  return {
    /** The answer stored for this user's key, unless it has expired. */
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
     * Whether this transaction is now the only one at work on this user's key. The lock ends with the transaction,
     * however that ends, so a crash leaves nothing stuck; and nobody waits for it, so nobody piles up.
     */
    async lockKey({ userId, key }: Scope): Promise<boolean> {
      const [row] = await db.queryTexts({
        name: 'lock-idempotency-key',
        text: 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))',
        values: [`${userId} ${key}`],
      })
      return row?.[0] === 't'
    },

    /** Deletes up to `limit` expired answers and returns how many. Replicas may do so at once: each takes others. */
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

/** The statement that stores the answer for 24 hours, in the place of one that has expired; it is for sendWithCommit. */
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
