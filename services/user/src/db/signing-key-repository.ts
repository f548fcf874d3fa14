import type { Database } from '@shop/service/database/database'
import { generateSigningKey, type PublicKey, type SigningKey } from '../signing-key.ts'
import { tokenLifetimeSeconds } from '../token-signer.ts'

export type RotationOptions = {
  /**
   * When the new key starts to sign: after verifiers have had time to fetch it, or they would get tokens they
   * cannot verify.
   */
  delayMinutes: number
  /**
   * The kids of keys to remove although tokens signed with them may be in use; these tokens are refused from
   * then on.
   */
  withdraw: string[]
}

export type Rotation = {
  added: string
  removed: string[]
  /**
   * All published keys, newest first. Times are PostgreSQL's text; publishedUntil is null for a key without a
   * successor.
   */
  published: { kid: string; signsFrom: string; publishedUntil: string | null }[]
}

export type SigningKeyRepository = ReturnType<typeof createSigningKeyRepository>

export function createSigningKeyRepository(db: Database) {
  return {
    /**
     * Returns the key that signs now. On a new database it creates the first one; all replicas get the same
     * one.
     */
    async currentKey(): Promise<SigningKey> {
      const [current] = await db.query<SigningKey>(selectCurrentKey)
      if (current) return current
      const { kid, privateKey, publicKey } = await generateSigningKey()
      await db.query({ ...insertFirstKey, values: [kid, privateKey, publicKey] })
      const [first] = await db.query<SigningKey>(selectCurrentKey)
      return first as SigningKey
    },

    /** Returns the public halves of all keys that valid tokens are signed with, and of the next key. */
    async publishedKeys(): Promise<PublicKey[]> {
      const rows = await db.query<{ publicKey: PublicKey }>(selectPublishedKeys)
      return rows.map(({ publicKey }) => publicKey)
    },

    /**
     * Adds a key and removes those that are withdrawn or no longer published. Requires the owner's rights.
     * Throws when a kid to withdraw is unknown.
     */
    async rotate({ delayMinutes, withdraw }: RotationOptions): Promise<Rotation> {
      const { kid, privateKey, publicKey } = await generateSigningKey()
      return db.transaction(async (transaction) => {
        await transaction.query({ ...insertKey, values: [kid, privateKey, publicKey, delayMinutes] })
        const rows = await transaction.query<{ kid: string }>({ ...deleteKeys, values: [withdraw] })
        const removed = rows.map((row) => row.kid)
        const unknown = withdraw.find((withdrawn) => !removed.includes(withdrawn))
        if (unknown !== undefined) throw new Error(`There is no key ${unknown}; nothing was changed.`)
        return { added: kid, removed, published: await transaction.query(selectPublishedKeys) }
      })
    },
  }
}

/**
 * How long a key stays published after the next one has taken over: the lifetime of its last token, plus five
 * minutes for replicas that still cache the key (30 s), for clock differences, and for the tolerance of
 * verifiers.
 */
const retentionSeconds = tokenLifetimeSeconds + 300

const keysWithEnd = `(
  SELECT kid, public_key, signs_from, created_at,
    lead(signs_from) OVER (ORDER BY signs_from) + interval '${retentionSeconds} seconds' AS published_until
  FROM signing_keys
) AS keys_with_end`

const selectCurrentKey = {
  name: 'select-current-key',
  text: `SELECT kid, private_key AS "privateKey" FROM signing_keys
    WHERE signs_from <= now() ORDER BY signs_from DESC LIMIT 1`,
}

const selectPublishedKeys = {
  name: 'select-published-keys',
  text: `SELECT kid, public_key AS "publicKey", greatest(signs_from, created_at) AS "signsFrom",
      published_until AS "publishedUntil"
    FROM ${keysWithEnd} WHERE published_until IS NULL OR published_until > now() ORDER BY signs_from DESC`,
}

const insertFirstKey = {
  name: 'insert-first-key',
  text: `INSERT INTO signing_keys (kid, private_key, public_key, signs_from) VALUES ($1, $2, $3, '-infinity')
    ON CONFLICT (signs_from) DO NOTHING`,
}

const insertKey = {
  name: 'insert-key',
  text: `INSERT INTO signing_keys (kid, private_key, public_key, signs_from)
    VALUES ($1, $2, $3, now() + make_interval(mins => $4))`,
}

const deleteKeys = {
  name: 'delete-keys',
  text: `DELETE FROM signing_keys
    WHERE kid = ANY($1) OR kid IN (SELECT kid FROM ${keysWithEnd} WHERE published_until <= now()) RETURNING kid`,
}
