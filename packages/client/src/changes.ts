import type { CallOptions } from './connection.ts'

/**
 * Which order to change. With `version`, only if it still has that version (`If-Match`): pass the order as you
 * have seen it. An id alone changes it whatever has happened since.
 */
export type OrderReference = string | { id: string; version: number }

export type ChangeOptions = CallOptions & {
  /** One is made for each call. Give your own to repeat the same change later, after a restart for example. */
  idempotencyKey?: string
}

/** Returns the parameters of a request that changes something, so that it can be repeated safely. */
export function changing({ idempotencyKey = newIdempotencyKey(), signal }: ChangeOptions) {
  return { headers: { 'idempotency-key': idempotencyKey }, ...(signal && { signal }) }
}

/** The same for a change of an order. */
export function changingOrder(order: OrderReference, options: ChangeOptions) {
  const { headers, ...rest } = changing(options)
  const { id, version } = typeof order === 'string' ? { id: order, version: undefined } : order
  const ifMatch = version !== undefined && { 'if-match': `"${version}"` }
  return { params: { path: { id } }, headers: { ...headers, ...ifMatch }, ...rest }
}

/**
 * Returns a key, for a form that is sent until it is recorded, for example. crypto.randomUUID would need a secure context,
 * which a page on http:// in a local network is not.
 */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
