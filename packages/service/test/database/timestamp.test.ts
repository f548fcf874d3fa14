import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toMicroseconds, toTimestamp } from '../../src/database/timestamp.ts'

test('a time that is not in UTC is an error, not a wrong time', () => {
  for (const text of ['2026-03-01 18:30:00.123456+09', '2026-03-01 09:30:00', 'infinity', '']) {
    assert.throws(() => toTimestamp(text), /not in UTC/)
    assert.throws(() => toMicroseconds(text), /not in UTC/)
  }
})
