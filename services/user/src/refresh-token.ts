import { createHash, createHmac, randomBytes } from 'node:crypto'
import { bytesToUuid, uuidToBytes } from '@shop/service/uuid-bytes'

/**
 * What a refresh cookie holds: the id of its session, and a secret of 256 bits that changes with every use.
 * Both are known to this service and to the client only.
 */
export type RefreshToken = { sessionId: string; secret: Buffer }

/** An id of 16 bytes and a secret of 32, in base64url. */
const pattern = /^[\w-]{64}$/

/** Returns 32 random bytes, for a secret or a salt. */
export const randomSecret = () => randomBytes(32)

export function formatRefreshToken({ sessionId, secret }: RefreshToken): string {
  return Buffer.concat([uuidToBytes(sessionId), secret]).toString('base64url')
}

/** Returns undefined for a text that is no refresh token. */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  if (!pattern.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return { sessionId: bytesToUuid(bytes.subarray(0, 16)), secret: bytes.subarray(16) }
}

/** Returns what is stored of a secret. A fast hash will do: nobody can guess 256 random bits. */
export const hashSecret = (secret: Buffer) => createHash('sha256').update(secret).digest()

/**
 * Returns the secret that follows `secret`. The salt is stored, so that a second use of the token can be given
 * the same successor although only hashes are kept; neither of the two reveals the successor without the other.
 */
export const nextSecret = (secret: Buffer, salt: Buffer) => createHmac('sha256', secret).update(salt).digest()

/**
 * Returns the secret whose hash is `newestHash`, if `secret` is that one or one of its predecessors, as far as
 * `salts` go, oldest first.
 */
export function followSecret(secret: Buffer, salts: Buffer[], newestHash: Buffer): Buffer | undefined {
  for (let start = salts.length; start >= 0; start--) {
    const newest = salts.slice(start).reduce(nextSecret, secret)
    if (hashSecret(newest).equals(newestHash)) return newest
  }
  return undefined
}
