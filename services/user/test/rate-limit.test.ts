import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRateLimit } from '../src/rate-limit.ts'

/** Returns a limit with a burst of three and one per second, on a clock that the test moves. */
function createTestLimit(options: { maxKeys?: number } = {}) {
  let nowMs = 1000
  const limit = createRateLimit({ burst: 3, intervalMs: 1000, maxKeys: 10, ...options }, () => nowMs)
  return {
    ...limit,
    pass(ms: number) {
      nowMs += ms
    },
    takeSeveral(key: string, count: number) {
      for (let i = 0; i < count; i++) limit.take(key)
    },
  }
}

test('a whole burst is allowed, the next one has to wait', () => {
  const limit = createTestLimit()
  for (let i = 0; i < 3; i++) {
    assert.equal(limit.secondsUntilNext('a'), 0)
    limit.take('a')
  }
  assert.equal(limit.secondsUntilNext('a'), 1)
})

test('each key has its own count', () => {
  const limit = createTestLimit()
  limit.takeSeveral('a', 3)
  assert.equal(limit.secondsUntilNext('b'), 0)
})

test('after a burst, one more is allowed per interval, and finally a whole burst', () => {
  const limit = createTestLimit()
  limit.takeSeveral('a', 3)
  limit.pass(999)
  assert.equal(limit.secondsUntilNext('a'), 1)
  limit.pass(1)
  assert.equal(limit.secondsUntilNext('a'), 0)
  limit.take('a')
  assert.equal(limit.secondsUntilNext('a'), 1)
  limit.pass(3000)
  limit.takeSeveral('a', 2)
  assert.equal(limit.secondsUntilNext('a'), 0)
})

test('taking more than is left lengthens the wait, up to a limit', () => {
  const limit = createTestLimit()
  limit.takeSeveral('a', 1000)
  assert.equal(limit.secondsUntilNext('a'), 2)
})

test('at most maxKeys keys are kept: the least recently used one is dropped', () => {
  const limit = createTestLimit({ maxKeys: 2 })
  limit.takeSeveral('a', 3)
  limit.takeSeveral('b', 3)
  limit.take('a')
  limit.take('c')
  assert.equal(limit.secondsUntilNext('b'), 0)
  assert.ok(limit.secondsUntilNext('a') > 0)
})
