import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import fc from 'fast-check'
import {
  fromMicroseconds,
  isMicroseconds,
  toMicroseconds,
  toTimestamp,
  warnOfReplacedTimes,
} from '../../src/database/timestamp.ts'

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('order_service')
})
after(() => database.drop())

/** Returns PostgreSQL's text for the time that it reads in `text`. */
async function textOf(text: string): Promise<string> {
  const [row] = await database.db.query<{ time: string }>({
    text: 'SELECT $1::timestamptz AS time',
    values: [text],
  })
  return row?.time as string
}

test('a time that is not in UTC is an error, not a wrong time', () => {
  for (const text of [
    '2026-03-01 18:30:00.123456+09',
    '2026-03-01 09:30:00',
    '20226-03-01 18:30:00+09',
    '0044-03-15 18:30:00+09 BC',
    '01.03.2026 09:30:00 UTC',
    'now',
    '',
  ]) {
    assert.throws(() => toTimestamp(text), /not in UTC/, text)
    assert.throws(() => toMicroseconds(text), /not in UTC/, text)
  }
})

for (const [input, expected] of [
  ['infinity', '9999-12-31T23:59:59.999Z'],
  ['20226-03-01 09:30:00+00', '9999-12-31T23:59:59.999Z'],
  ['10000-01-01 00:00:00+00', '9999-12-31T23:59:59.999Z'],
  ['294276-12-31 23:59:59.999999+00', '9999-12-31T23:59:59.999Z'],
  ['9999-12-31 23:59:59.999999+00', '9999-12-31T23:59:59.999Z'],
  ['0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000Z'],
  ['0001-12-31 23:59:59.5+00 BC', '0001-01-01T00:00:00.000Z'],
  ['4714-11-24 00:00:00+00 BC', '0001-01-01T00:00:00.000Z'],
  ['-infinity', '0001-01-01T00:00:00.000Z'],
] as const) {
  test(`${input} is ${expected} in JSON`, async () => {
    const text = await textOf(input)
    assert.equal(text, input)
    assert.equal(toTimestamp(text), expected)
  })
}

test('microseconds keep every time and their order, as far as a Date reaches', async () => {
  const times = [
    '-infinity',
    '4714-11-24 00:00:00+00 BC',
    '0044-03-15 09:30:00.000001+00 BC',
    '0001-12-31 23:59:59.999999+00 BC',
    '0001-01-01 00:00:00+00',
    '1969-12-31 23:59:59.999999+00',
    '2026-03-01 09:30:00.12+00',
    '9999-12-31 23:59:59.999999+00',
    '20226-03-01 09:30:00.000001+00',
    '275760-09-13 00:00:00+00',
    'infinity',
  ]
  const microseconds = times.map(toMicroseconds)
  assert.deepEqual(
    microseconds,
    microseconds.toSorted((a, b) => (a < b ? -1 : 1)),
  )
  assert.ok(microseconds.every(isMicroseconds))
  assert.deepEqual(await Promise.all(microseconds.map((each) => textOf(fromMicroseconds(each)))), times)
})

test('a time after the last one of a Date becomes that one', () => {
  const last = toMicroseconds('275760-09-13 00:00:00+00')
  assert.equal(toMicroseconds('294276-12-31 23:59:59.999999+00'), last)
})

test('PostgreSQL reads each text that is made from microseconds as the same time', async () => {
  const bounds = { min: -(2n ** 63n), max: 2n ** 63n - 1n }
  await fc.assert(
    fc.asyncProperty(fc.bigInt(bounds), async (microseconds) => {
      fc.pre(isMicroseconds(microseconds))
      assert.equal(toMicroseconds(await textOf(fromMicroseconds(microseconds))), microseconds)
    }),
    { numRuns: 200 },
  )
  for (const edge of [-210_866_803_200_000_000n, 8_640_000_000_000_000_000n]) {
    assert.equal(toMicroseconds(await textOf(fromMicroseconds(edge))), edge)
  }
})

test('rows with replaced times are logged with id and times, each once, other rows are not', () => {
  const lines: unknown[][] = []
  const log = { warn: (...line: unknown[]) => lines.push(line) } as unknown as Parameters<
    typeof warnOfReplacedTimes
  >[0]
  const good = '2026-03-01 09:30:00+00'
  warnOfReplacedTimes(log, 'orders', [['a', good, good, 'infinity']])
  assert.deepEqual(lines, [])
  warnOfReplacedTimes(log, 'orders', [
    ['a', good, good],
    ['b', good, '20226-03-01 09:30:00+00'],
    ['c', 'infinity', good],
  ])
  assert.deepEqual(lines[0]?.[0], {
    table: 'orders',
    rows: [
      { id: 'b', times: [good, '20226-03-01 09:30:00+00'] },
      { id: 'c', times: ['infinity', good] },
    ],
  })
  warnOfReplacedTimes(log, 'orders', [['c', 'infinity', good]])
  assert.equal(lines.length, 1)
  warnOfReplacedTimes(log, 'products', [['d', 'infinity', good]])
  assert.equal(lines.length, 2)
  warnOfReplacedTimes(undefined, 'orders', [['c', 'infinity', good]])
})
