import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { encodeCursor } from '@shop/service/paging/cursor'
import { v7 as uuidv7 } from 'uuid'
import { createThirtyOrders, idsOf } from './thirty-orders.ts'

const { context, userId, productId, rows, ask, list, idsOfAllPages } = await createThirtyOrders()
after(() => context.close())

test('a cursor with a forged position cannot leave the range of time', async () => {
  const createdTo = '2026-03-01T12:00:05Z'
  const { meta } = await list({ createdTo, limit: '1' })
  // the checksum is not secret: whoever knows what it is made of can make a cursor for any position
  const scope = `admin ${JSON.stringify([[['createdTo', createdTo]], []])}`
  const position = {
    createdAt: '2026-03-01 12:00:04.123456+00',
    id: idsOf(await list({ createdTo, limit: '1' }))[0],
  }
  assert.equal(encodeCursor(position as { createdAt: string; id: string }, scope), meta.nextCursor)
  const late = encodeCursor({ createdAt: 'infinity', id: uuidv7() }, scope)
  assert.deepEqual(await idsOfAllPages({ createdTo }), idsOf(await list({ createdTo, cursor: late })))
})

test('createdFrom and createdTo are half-open, to the microsecond, in any zone', async () => {
  const expected = (from: number, to: number) =>
    rows.filter(({ createdAt }) => {
      const second = Number(createdAt.slice(17, 19))
      return second >= from && second < to
    })
  for (const [createdFrom, createdTo, matching] of [
    ['2026-03-01T12:00:02.123456Z', '2026-03-01T12:00:04.123456Z', expected(2, 4)],
    ['2026-03-01T12:00:02.123457Z', '2026-03-01T12:00:04.123457Z', expected(3, 5)],
    ['2026-03-01T12:00:02.123455Z', '2026-03-01T12:00:02.123456Z', []],
    ['2026-03-01T12:00:02.123456Z', '2026-03-01T12:00:02.123457Z', expected(2, 3)],
    ['2026-03-01T13:00:02.123456+01:00', '2026-03-01T06:30:04.123456-05:30', expected(2, 4)],
    ['2026-03-01t12:00:02z', '2026-03-01T12:00:03.5z', expected(2, 4)],
    ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999999-23:59', rows],
  ] as [string, string, typeof rows][]) {
    assert.deepEqual(
      idsOf(await list({ createdFrom, createdTo, limit: '100' })),
      matching.map(({ id }) => id),
      `${createdFrom} ${createdTo}`,
    )
    for (const query of [
      { createdFrom, createdTo },
      { createdFrom, createdTo, userId },
      { createdFrom, createdTo, productId },
    ])
      assert.equal((await list({ ...query, limit: '1', countUpTo: '1000' })).meta.count, matching.length)
  }
})

for (const [query, parameter] of [
  [{ createdFrom: '2026-03-02T00:00:00Z', createdTo: '2026-03-01T00:00:00Z' }, 'createdTo'],
  [{ createdFrom: '2026-03-01T00:00:00Z', createdTo: '2026-03-01T01:00:00+01:00' }, 'createdTo'],
  [{ createdFrom: '2026-03-01' }, 'createdFrom'],
  [{ createdFrom: '2026-02-30T00:00:00Z' }, 'createdFrom'],
  [{ createdFrom: '2026-03-01T00:00:00' }, 'createdFrom'],
  [{ createdFrom: '2026-03-01T00:00:00.1234567Z' }, 'createdFrom'],
  [{ createdFrom: '2026-03-01T00:00:00 01:00' }, 'createdFrom'],
  [{ createdTo: '2026-03-01T24:00:00Z' }, 'createdTo'],
  [{ createdTo: 'infinity' }, 'createdTo'],
] as [Record<string, string>, string][]) {
  test(`${JSON.stringify(query)} is a 400 that names ${parameter}`, async () => {
    const response = await ask(query)
    assert.equal(response.statusCode, 400)
    const { code, errors } = response.json()
    assert.equal(code, 'validation_failed')
    assert.ok(
      errors.every((error: { parameter: string }) => error.parameter === parameter),
      response.body,
    )
  })
}
