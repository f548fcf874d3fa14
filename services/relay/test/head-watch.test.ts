import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHeadWatch } from '../src/head-watch.ts'

function setUp({ isReported = false } = {}) {
  const state = { head: 5, isStopping: false, failure: undefined as Error | undefined, reads: 0 }
  const { waitBeyond, reached } = createHeadWatch(
    async () => {
      state.reads++
      if (state.failure) throw state.failure
      return state.head
    },
    { everyMs: 1, isReported: () => isReported, isStopping: () => state.isStopping },
  )
  const pause = () => new Promise((resolve) => setTimeout(resolve, 20))
  return { state, waitBeyond, reached, pause }
}

const never = new AbortController().signal

test('those who wait go on when the feed has passed them, served by the same queries', async () => {
  const { state, waitBeyond, pause } = setUp()
  await waitBeyond(4, never)
  const done: number[] = []
  const waiting = [5, 6, 7].map((position) => waitBeyond(position, never).then(() => done.push(position)))
  await pause()
  assert.deepEqual(done, [])
  state.head = 7
  await Promise.all(waiting.slice(0, 2))
  assert.deepEqual(done, [5, 6])
  state.head = 8
  await waiting[2]
  const { reads } = state
  await pause()
  assert.equal(state.reads, reads)
})

test('an aborted wait ends, and so does one that begins aborted', async () => {
  const { waitBeyond } = setUp()
  const ending = new AbortController()
  const waiting = waitBeyond(9, ending.signal)
  ending.abort()
  await waiting
  await waitBeyond(9, ending.signal)
})

test('all waits end when the process stops', async () => {
  const { state, waitBeyond } = setUp()
  const waiting = waitBeyond(9, never)
  state.isStopping = true
  await waiting
})

test('a failure is thrown to all who wait, and later waits try again', async () => {
  const { state, waitBeyond } = setUp()
  state.failure = new Error('no database')
  for (const result of await Promise.allSettled([waitBeyond(9, never), waitBeyond(8, never)]))
    assert.equal(result.status, 'rejected')
  state.failure = undefined
  await waitBeyond(4, never)
})

test('where positions are given, a report wakes those who wait for it, without a query', async () => {
  const { state, waitBeyond, reached, pause } = setUp({ isReported: true })
  const done: number[] = []
  const waiting = [5, 6].map((position) => waitBeyond(position, never).then(() => done.push(position)))
  await pause()
  assert.equal(state.reads, 0)
  reached(6)
  await waiting[0]
  assert.deepEqual(done, [5])
  reached(7)
  await waiting[1]
  assert.equal(state.reads, 0)
})

test('a report that nobody sent delays those who wait by a second', async () => {
  const { state, waitBeyond } = setUp({ isReported: true })
  const startedAt = performance.now()
  const waiting = waitBeyond(5, never)
  state.head = 6
  await waiting
  assert.ok(performance.now() - startedAt < 3000)
  assert.equal(state.reads, 1)
})

test('a head that was reported before a restore lets nobody go on', async () => {
  const { state, waitBeyond, reached, pause } = setUp({ isReported: true })
  reached(100)
  const ending = new AbortController()
  let isDone = false
  const waiting = waitBeyond(5, ending.signal).then(() => {
    isDone = true
  })
  await pause()
  assert.deepEqual([isDone, state.reads], [false, 1])
  ending.abort()
  await waiting
})
