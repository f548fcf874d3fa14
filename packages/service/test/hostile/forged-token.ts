import { createHmac, type KeyObject, sign } from 'node:crypto'

export type Parts = { header: Record<string, unknown>; payload: unknown }

/** Returns the signature of the signing input, as bytes. */
export type Signer = (input: string) => Buffer

/** Returns a token in compact form (RFC 7515, section 7.1), from parts that no library would sign. */
export function forgeToken({ header, payload }: Parts, signer: Signer): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${signer(input).toString('base64url')}`
}

export const ecdsa =
  (key: KeyObject, encoding: 'ieee-p1363' | 'der' = 'ieee-p1363'): Signer =>
  (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: encoding })

export const hmac =
  (secret: string | Buffer, hash = 'sha256'): Signer =>
  (input) =>
    createHmac(hash, secret).update(input).digest()

export const bytes =
  (signature: Buffer): Signer =>
  () =>
    signature

/** Encodes text unchanged, so that parts can be invalid JSON. */
export const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
