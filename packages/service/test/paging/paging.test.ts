import assert from 'node:assert/strict'
import { test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import { decodeCursor } from '../../src/paging/cursor.ts'
import { pageErrors, toPage } from '../../src/paging/paging.ts'

for (const options of [
  {},
  { limit: 1 },
  { limit: 100, offset: 10_000 },
  { offset: 0 },
  { cursor: 'any', limit: 5 },
]) {
  test(`${JSON.stringify(options)} is a page`, () => {
    assert.deepEqual(pageErrors(options), [])
  })
}

for (const [options, ...parameters] of [
  [{ limit: 0 }, 'limit'],
  [{ limit: 101 }, 'limit'],
  [{ limit: 1.5 }, 'limit'],
  [{ limit: Number.NaN }, 'limit'],
  [{ limit: '5' as never }, 'limit'],
  [{ limit: null as never }, 'limit'],
  [{ offset: -1 }, 'offset'],
  [{ offset: 10_001 }, 'offset'],
  [{ offset: Number.POSITIVE_INFINITY }, 'offset'],
  [{ offset: 0, cursor: 'any' }, 'offset'],
  [{ limit: 0, offset: -1 }, 'limit', 'offset'],
] as const) {
  test(`${JSON.stringify(options)} is refused, naming ${parameters}`, () => {
    const errors = pageErrors(options) as { parameter: string }[]
    assert.deepEqual(
      errors.map(({ parameter }) => parameter),
      parameters,
    )
  })
}

const row = (second: number) => [uuidv7(), `2026-03-01 00:00:0${second}+00`, 'Thing', '7']

test('one row more than the limit means that there is a next page, after the last row of this one', () => {
  const listed = [row(3), row(2), row(1)] as const
  const page = toPage([...listed], { limit: 2, scope: 'list' })

  assert.deepEqual(page.rows, listed.slice(0, 2))
  assert.equal(page.count, 7)
  assert.deepEqual(decodeCursor(String(page.nextCursor), 'list'), {
    createdAt: '2026-03-01 00:00:02.000000+00',
    id: listed[1][0],
  })
})

test('a page that is exactly full is the last', () => {
  const listed = [row(2), row(1)]
  assert.deepEqual(toPage(listed, { limit: 2, scope: 'list' }), { rows: listed, count: 7, nextCursor: null })
})

test('the row of an empty page has only the count', () => {
  const listed = [[null, null, null, '7']]
  assert.deepEqual(toPage(listed, { limit: 2, scope: 'list' }), { rows: [], count: 7, nextCursor: null })
})
