import { crc32 } from 'node:zlib'
import { stringify as uuidFromBytes, parse as uuidToBytes } from 'uuid'
import { ValidationError } from './errors.ts'

/** A place in a list that is ordered newest first by (created_at, id). `createdAt` is PostgreSQL's own text for a timestamptz in UTC. */
export type Position = { createdAt: string; id: string }

/**
 * 8 bytes of microseconds since 1970, 16 of the id, 4 of a checksum over both and the scope (which list, whose).
 * Microseconds, because a JavaScript Date would cut them off and the next page would skip or repeat rows.
 * The checksum catches damage and mix-ups; it is no secret and need not be one: whose rows may be read is
 * decided by the query's own WHERE, never by a cursor.
 */
export function encodeCursor({ createdAt, id }: Position, scope: string): string {
  const bytes = Buffer.alloc(28)
  bytes.writeBigInt64BE(toMicroseconds(createdAt), 0)
  bytes.set(uuidToBytes(id), 8)
  bytes.writeUInt32BE(checksum(bytes, scope), 24)
  return bytes.toString('base64url')
}

/** The position in a cursor that encodeCursor made for the same scope. Throws ValidationError for anything else. */
export function decodeCursor(cursor: string, scope: string): Position {
  const bytes = Buffer.from(cursor, 'base64url')
  // Buffer.from skips what is not base64, so only the way back tells whether this is the very text we made
  const intact =
    bytes.length === 28 &&
    bytes.toString('base64url') === cursor &&
    bytes.readUInt32BE(24) === checksum(bytes, scope) &&
    isTimestamp(bytes.readBigInt64BE(0))
  if (!intact) {
    throw new ValidationError([
      { parameter: 'cursor', detail: 'must be a meta.nextCursor of this same list' },
    ])
  }
  return { createdAt: fromMicroseconds(bytes.readBigInt64BE(0)), id: uuidFromBytes(bytes.subarray(8, 24), 0) }
}

/** PostgreSQL's text for a timestamptz in UTC (`2026-03-01 09:30:00.123456+00`) as RFC 3339 to the millisecond. */
export function toTimestamp(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction(text).slice(0, 3)}Z`
}

const checksum = (bytes: Buffer, scope: string) => crc32(bytes.subarray(0, 24), crc32(scope))

/** Whether it lies in the years that have four digits. The checksum is no secret, so anything may have been put in. */
const isTimestamp = (microseconds: bigint) =>
  microseconds >= -62_135_596_800_000_000n && microseconds < 253_402_300_800_000_000n

/** The six digits after the second; PostgreSQL leaves trailing zeros out. */
const fraction = (text: string) => (text[19] === '.' ? text.slice(20, -3) : '').padEnd(6, '0')

function toMicroseconds(text: string): bigint {
  const seconds = Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`) / 1000
  return BigInt(seconds) * 1_000_000n + BigInt(fraction(text))
}

function fromMicroseconds(microseconds: bigint): string {
  const rest = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n
  const iso = new Date(Number((microseconds - rest) / 1000n)).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${String(rest).padStart(6, '0')}+00`
}
