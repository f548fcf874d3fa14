import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createCircuitBreaker } from '../../src/client/circuit-breaker.ts'

test('it opens after `threshold` failures in a row, not before', () => {
  const breaker = createCircuitBreaker({ threshold: 3, openMs: 60_000 })
  assert.equal(breaker.failed(), false)
  assert.equal(breaker.failed(), false)
  assert.equal(breaker.allows(), true)
  assert.equal(breaker.failed(), true)
  assert.equal(breaker.allows(), false)
})

test('a success in between resets the count', () => {
  const breaker = createCircuitBreaker({ threshold: 2, openMs: 60_000 })
  breaker.failed()
  breaker.succeeded()
  breaker.failed()
  assert.equal(breaker.allows(), true)
})

test('it opens once; later failures of calls in progress do not open it again', () => {
  const breaker = createCircuitBreaker({ threshold: 2, openMs: 60_000 })
  assert.deepEqual(
    [breaker.failed(), breaker.failed(), breaker.failed(), breaker.failed()],
    [false, true, false, false],
  )
})

test('a failure that counts for several opens it at once, but opens it only once', () => {
  const breaker = createCircuitBreaker({ threshold: 3, openMs: 60_000 })
  assert.deepEqual([breaker.failed(2), breaker.failed(2), breaker.failed(2)], [false, true, false])
})

test('it reports how long it stays open', () => {
  const breaker = createCircuitBreaker({ threshold: 1, openMs: 4500 })
  breaker.failed()
  assert.equal(breaker.secondsUntilTrial(), 5)
})

test('after openMs a single trial call is allowed; its success closes the breaker', async () => {
  const breaker = createCircuitBreaker({ threshold: 1, openMs: 20 })
  breaker.failed()
  await setTimeout(30)
  assert.equal(breaker.allows(), true)
  assert.equal(breaker.allows(), false)
  breaker.succeeded()
  assert.equal(breaker.allows(), true)
  assert.equal(breaker.allows(), true)
})

test('a failed trial opens it for another openMs', async () => {
  const breaker = createCircuitBreaker({ threshold: 1, openMs: 20 })
  breaker.failed()
  await setTimeout(30)
  assert.equal(breaker.allows(), true)
  assert.equal(breaker.failed(), true)
  assert.equal(breaker.allows(), false)
  await setTimeout(30)
  assert.equal(breaker.allows(), true)
})
