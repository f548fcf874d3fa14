import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { toTimestamp } from '../../src/database/timestamp.ts'
import { ValidationError } from '../../src/errors.ts'
import { decodeCursor, encodeCursor, type Position } from '../../src/paging/cursor.ts'

/** A time as PostgreSQL writes it, which leaves out trailing zeros of the fraction. */
const createdAt = fc
  .tuple(
    fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    }),
    fc.nat(999_999),
  )
  .map(([date, microseconds]) => {
    const iso = date.toISOString()
    const fraction = `.${String(microseconds).padStart(6, '0')}`.replace(/\.?0+$/, '')
    return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction}+00`
  })
const position: fc.Arbitrary<Position> = fc.record({ createdAt, id: fc.uuid() })
const scope = fc.string({ unit: 'binary', maxLength: 40 })

const padded = (text: string) =>
  text.replace(/(\.\d+)?\+00$/, (_, fraction = '.') => `${fraction.padEnd(7, '0')}+00`)

const refuses = (cursor: string, inScope: string) =>
  assert.throws(() => decodeCursor(cursor, inScope), ValidationError)

test('a cursor leads back to its position, to the microsecond', () => {
  fc.assert(
    fc.property(position, scope, (given, inScope) => {
      assert.deepEqual(decodeCursor(encodeCursor(given, inScope), inScope), {
        createdAt: padded(given.createdAt),
        id: given.id,
      })
    }),
    { numRuns: 1000 },
  )
})

test('a cursor needs no escapes in a URL and always has the same length', () => {
  fc.assert(
    fc.property(position, scope, (given, inScope) => {
      assert.match(encodeCursor(given, inScope), /^[\w-]{38}$/)
    }),
  )
})

test('a cursor with any character changed is refused', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. %\u0000é'
  fc.assert(
    fc.property(position, fc.nat(37), fc.constantFrom(...alphabet), (given, index, character) => {
      const cursor = encodeCursor(given, 'list')
      fc.pre(cursor[index] !== character)
      refuses(cursor.slice(0, index) + character + cursor.slice(index + 1), 'list')
    }),
    { numRuns: 2000 },
  )
})

test('a cursor that was cut or added to is refused', () => {
  const cursor = encodeCursor({ createdAt: '2026-03-01 00:00:00+00', id: uuidv7() }, 'list')
  for (const changed of [
    '',
    cursor.slice(1),
    cursor.slice(0, -1),
    `${cursor}A`,
    `${cursor}=`,
    ` ${cursor}`,
  ]) {
    refuses(changed, 'list')
  }
})

test('a cursor of another scope is refused', () => {
  fc.assert(
    fc.property(position, scope, scope, (given, inScope, other) => {
      fc.pre(inScope !== other)
      refuses(encodeCursor(given, inScope), other)
    }),
  )
})

test('an id is any 16 bytes, whatever version of UUID they claim to be', () => {
  for (const id of [
    '00000000-0000-0000-0000-000000000000',
    '11111111-1111-0111-1111-111111111111',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
  ]) {
    const position = { createdAt: '2026-03-01 09:30:00.123456+00', id }
    assert.deepEqual(decodeCursor(encodeCursor(position, 'orders'), 'orders'), position)
  }
})

test('any other text is a ValidationError', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (cursor) => refuses(cursor, 'list')),
    { numRuns: 1000 },
  )
})

test('a time that PostgreSQL could not read is refused, even with a correct checksum', () => {
  const forge = (microseconds: bigint) => {
    const bytes = Buffer.alloc(28)
    bytes.writeBigInt64BE(microseconds, 0)
    bytes.writeUInt32BE(crc32(bytes.subarray(0, 24), crc32('list')), 24)
    return bytes.toString('base64url')
  }
  for (const microseconds of [
    2n ** 63n - 2n,
    1n - 2n ** 63n,
    8_640_000_000_000_000_001n,
    -210_866_803_200_000_001n,
  ]) {
    refuses(forge(microseconds), 'list')
  }
  assert.equal(decodeCursor(forge(-1n), 'list').createdAt, '1969-12-31 23:59:59.999999+00')
})

for (const [text, expected] of [
  ['2026-03-01 09:30:00+00', '2026-03-01T09:30:00.000Z'],
  ['2026-03-01 09:30:00.1+00', '2026-03-01T09:30:00.100Z'],
  ['2026-03-01 09:30:00.123999+00', '2026-03-01T09:30:00.123Z'],
] as const) {
  test(`${text} is ${expected} in JSON`, () => {
    assert.equal(toTimestamp(text), expected)
  })
}
