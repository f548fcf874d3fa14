import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remember } from '../src/remember.ts'

/** Returns a remembering function, the computations that it began, and a clock to set. */
function setUp({ maxEntries = 10 } = {}) {
  const computations: { key: string; resolve(result: string): void; reject(error: Error): void }[] = []
  const clock = { now: 0 }
  const get = remember(
    (key: string) =>
      new Promise<string>((resolve, reject) => {
        computations.push({ key, resolve, reject })
      }),
    { keyOf: (key) => key, forMs: 60_000, maxEntries, now: () => clock.now },
  )
  return { get, computations, clock }
}

test('calls at the same time share one computation per key', async () => {
  const { get, computations } = setUp()
  const [one, other, different] = [get('a'), get('a'), get('b')]
  assert.deepEqual(
    computations.map(({ key }) => key),
    ['a', 'b'],
  )
  computations[0]?.resolve('1')
  computations[1]?.resolve('2')
  assert.deepEqual(await Promise.all([one, other, different]), ['1', '1', '2'])
})

test('a result is kept for its time, counted from when it was asked for', async () => {
  const { get, computations, clock } = setUp()
  const first = get('a')
  clock.now = 50_000
  computations[0]?.resolve('old')
  assert.equal(await first, 'old')
  clock.now = 59_999
  assert.equal(await get('a'), 'old')
  clock.now = 60_000
  const second = get('a')
  computations[1]?.resolve('new')
  assert.equal(await second, 'new')
  assert.equal(computations.length, 2)
})

test('a failure reaches all who wait for it, and is not kept', async () => {
  const { get, computations } = setUp()
  const waiting = [get('a'), get('a')]
  computations[0]?.reject(new Error('broken'))
  for (const result of waiting) await assert.rejects(result, /broken/)
  const again = get('a')
  computations[1]?.resolve('1')
  assert.equal(await again, '1')
})

test('a failure that comes late does not drop the result after it', async () => {
  const { get, computations, clock } = setUp()
  const slow = get('a')
  clock.now = 60_000
  const quick = get('a')
  computations[1]?.resolve('1')
  await quick
  computations[0]?.reject(new Error('broken'))
  await assert.rejects(slow, /broken/)
  assert.equal(await get('a'), '1')
  assert.equal(computations.length, 2)
})

test('beyond maxEntries, the oldest result goes', async () => {
  const { get, computations, clock } = setUp({ maxEntries: 2 })
  for (const key of ['a', 'b']) void get(key)
  clock.now = 60_000
  // a is computed again, so that b is the oldest
  for (const key of ['a', 'c', 'a', 'c']) void get(key)
  assert.deepEqual(
    computations.map(({ key }) => key),
    ['a', 'b', 'a', 'c'],
  )
  void get('b')
  assert.equal(computations.length, 5)
})
