import { createHmac, randomBytes } from 'node:crypto'

/** What the secret's text starts with, by Standard Webhooks 1.0.0. */
const prefix = 'whsec_'

/** Within the 24 to 64 bytes that Standard Webhooks 1.0.0 recommends. */
const secretBytes = 32

/** Returns a new secret as receivers get it: `whsec_` and 32 random bytes in base64. */
export function createSecret(): string {
  return prefix + randomBytes(secretBytes).toString('base64')
}

export type Message = {
  /** The same for every attempt: receivers drop repeats by it. */
  id: string
  body: string
}

/**
 * Returns the headers that prove where a message comes from, by Standard Webhooks 1.0.0: one signature for each of the
 * secrets, so that receivers may still verify with the one before a rotation. `timestamp` is the time of this attempt,
 * in seconds since 1970.
 */
export function signatureHeaders(
  { id, body }: Message,
  { secrets, timestamp }: { secrets: readonly string[]; timestamp: number },
) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets.map((secret) => sign(`${id}.${timestamp}.${body}`, secret)).join(' '),
  }
}

function sign(content: string, secret: string): string {
  const key = Buffer.from(secret.slice(prefix.length), 'base64')
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}
