import assert from 'node:assert/strict'
import { test } from 'node:test'
import { percentile, spread } from '../src/statistics.ts'

test('a spread is the median, the minimum and the maximum', () => {
  assert.deepEqual(spread([10, 2, 9]), { median: 9, min: 2, max: 10 })
  assert.deepEqual(spread([4, 1, 3, 10]), { median: 3.5, min: 1, max: 10 })
  assert.deepEqual(spread([7]), { median: 7, min: 7, max: 7 })
  assert.equal(spread([]), undefined)
})

test('a percentile is one of the values', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  assert.equal(percentile(hundred, 50), 50)
  assert.equal(percentile(hundred, 99), 99)
  assert.equal(percentile([3, 1], 99), 3)
  assert.equal(percentile([], 50), Number.NaN)
})
