import { crc32 } from 'node:zlib'
import { fromMicroseconds, isMicroseconds, toMicroseconds } from '../database/timestamp.ts'
import { ValidationError } from '../errors.ts'
import { bytesToUuid, uuidToBytes } from '../uuid-bytes.ts'

/**
 * A place in a list that is ordered newest first by (created_at, id). `createdAt` is PostgreSQL's own text
 * for a timestamptz in UTC.
 */
export type Position = { createdAt: string; id: string }

/**
 * Returns a cursor: 8 bytes of microseconds since 1970, 16 of the id, 4 of a checksum over both and the scope
 * (the list and its owner). A JavaScript Date would cut the microseconds off, and the next page would skip or
 * repeat rows. The checksum catches damage and mix-ups and does not have to be secret: the WHERE of the query
 * decides whose rows are read.
 */
export function encodeCursor({ createdAt, id }: Position, scope: string): string {
  const bytes = Buffer.alloc(28)
  bytes.writeBigInt64BE(toMicroseconds(createdAt), 0)
  bytes.set(uuidToBytes(id), 8)
  bytes.writeUInt32BE(checksum(bytes, scope), 24)
  return bytes.toString('base64url')
}

/** Returns the position in a cursor of the same scope. Throws ValidationError for any other text. */
export function decodeCursor(cursor: string, scope: string): Position {
  const bytes = Buffer.from(cursor, 'base64url')
  // Buffer.from skips characters that are not base64, so only encoding it again shows whether this is our
  // text
  const intact =
    bytes.length === 28 &&
    bytes.toString('base64url') === cursor &&
    bytes.readUInt32BE(24) === checksum(bytes, scope) &&
    // the checksum is not secret, so a client may have put anything in
    isMicroseconds(bytes.readBigInt64BE(0))
  if (!intact) {
    throw new ValidationError([
      { parameter: 'cursor', detail: 'must be the meta.nextCursor of a page of this list' },
    ])
  }
  return { createdAt: fromMicroseconds(bytes.readBigInt64BE(0)), id: bytesToUuid(bytes.subarray(8, 24)) }
}

const checksum = (bytes: Buffer, scope: string) => crc32(bytes.subarray(0, 24), crc32(scope))
