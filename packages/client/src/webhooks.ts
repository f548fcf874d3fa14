import type { ShopEvent } from './types.ts'

/** Why a message was not accepted. Answer with 401, never with a 2xx. */
export type WebhookRefusal = 'headers_missing' | 'timestamp_out_of_tolerance' | 'signature_mismatch'

export class WebhookError extends Error {
  override name = 'WebhookError'
  readonly reason: WebhookRefusal

  constructor(reason: WebhookRefusal, message: string) {
    super(message)
    this.reason = reason
  }
}

/** Fetch's Headers, or the headers of a request in Node's `http`. */
export type WebhookHeaders = Headers | { readonly [name: string]: string | readonly string[] | undefined }

export type WebhookMessage = {
  /** The body as it was received: parsing it and writing it again would change its bytes. */
  body: string | Uint8Array
  headers: WebhookHeaders
  /** `whsec_…`; while a secret is being replaced, the old one and the new one. */
  secret: string | readonly string[]
  /** How old or how far in the future a message may be; 300 by default, as Standard Webhooks says. */
  toleranceSeconds?: number
}

/**
 * Verifies a message by Standard Webhooks 1.0.0, with WebCrypto, and returns its event. Throws WebhookError if
 * it is not genuine, and TypeError for a malformed secret. Drop repeats by the event's `id`: a message may come
 * more than once, and each attempt has a fresh timestamp.
 */
export async function verifyWebhook(message: WebhookMessage): Promise<ShopEvent> {
  const { body, headers, secret, toleranceSeconds = 300 } = message
  const keys = await Promise.all([secret].flat().map(importSecret))
  if (keys.length === 0) throw new TypeError('secret: at least one is required')
  const id = headerOf(headers, 'webhook-id')
  const timestamp = headerOf(headers, 'webhook-timestamp')
  const signatures = headerOf(headers, 'webhook-signature')
  if (!id || !timestamp || !signatures)
    throw new WebhookError(
      'headers_missing',
      'webhook-id, webhook-timestamp and webhook-signature are required',
    )
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN
  // written so that NaN is refused
  if (!(Math.abs(Date.now() / 1000 - seconds) <= toleranceSeconds))
    throw new WebhookError('timestamp_out_of_tolerance', `webhook-timestamp is ${timestamp}`)

  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const signed = concatenate(new TextEncoder().encode(`${id}.${timestamp}.`), bytes)
  for (const signature of signatures.split(' ').map(decodeSignature)) {
    if (!signature) continue
    // subtle.verify compares in constant time
    for (const key of keys)
      if (await crypto.subtle.verify('HMAC', key, signature, signed))
        return JSON.parse(new TextDecoder().decode(bytes)) as ShopEvent
  }
  throw new WebhookError('signature_mismatch', 'no signature matches')
}

function headerOf(headers: WebhookHeaders, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const value = headers[name]
  return typeof value === 'string' ? value : value?.join(' ')
}

function importSecret(secret: string) {
  const bytes = decodeBase64(secret.replace(/^whsec_/, ''))
  if (!bytes || bytes.length < 24 || bytes.length > 64)
    throw new TypeError('secret: expected whsec_ and 24 to 64 bytes in base64')
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

/** Returns the bytes of a `v1` signature; undefined for other versions, which are not for this key. */
function decodeSignature(signature: string) {
  return signature.startsWith('v1,') ? decodeBase64(signature.slice('v1,'.length)) : undefined
}

function decodeBase64(text: string) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

function concatenate(first: Uint8Array, second: Uint8Array) {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}
