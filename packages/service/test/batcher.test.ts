import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type BatchLimits, createBatcher } from '@shop/service/batcher'
import { ServiceUnavailableError } from '@shop/service/errors'
import fc from 'fast-check'

const limits = { maxSize: 3, maxInFlight: 1, maxWaiting: 100 }

/** Returns a batcher whose batches end when the test ends them, and answer each item with itself. */
function heldBatcher(options: Partial<BatchLimits<string>> = {}) {
  const batches: { items: string[]; end: (outcome?: Error | (string | Error)[]) => void }[] = []
  const add = createBatcher<string, string>(
    (items) =>
      new Promise((resolve, reject) => {
        batches.push({
          items,
          end: (outcome = items) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)),
        })
      }),
    { ...limits, ...options },
  )
  return { add, batches, sizes: () => batches.map(({ items }) => items.join('')) }
}

test('what comes in one turn of the event loop goes together, and what comes meanwhile goes next', async () => {
  const { add, batches, sizes } = heldBatcher()
  const first = [add('a'), add('b')]
  assert.deepEqual(sizes(), [], 'nothing starts before the end of the turn')
  await setImmediate()
  const later = ['c', 'd', 'e', 'f'].map(add)
  await setImmediate()
  assert.deepEqual(sizes(), ['ab'], 'one batch at a time')
  batches[0]?.end()
  assert.deepEqual(await Promise.all(first), ['a', 'b'])
  await setImmediate()
  assert.deepEqual(sizes(), ['ab', 'cde'], 'three at most')
  batches[1]?.end()
  await setImmediate()
  await setImmediate()
  batches[2]?.end()
  assert.deepEqual(await Promise.all(later), ['c', 'd', 'e', 'f'])
})

test('an item that comes alone waits for nothing but the turn', async () => {
  const { add, sizes } = heldBatcher()
  void add('a')
  await setImmediate()
  assert.deepEqual(sizes(), ['a'])
})

test('an error in the place of an outcome is the failure of that item alone', async () => {
  const { add, batches } = heldBatcher()
  const added = ['a', 'b'].map(add)
  await setImmediate()
  const failure = new Error('bad')
  batches[0]?.end([failure, 'done'])
  await assert.rejects(added[0] as Promise<string>, failure)
  assert.equal(await added[1], 'done')
})

test('a batch that fails fails for all of its items, and the next one goes on', async () => {
  const { add, batches } = heldBatcher()
  const added = ['a', 'b'].map(add)
  await setImmediate()
  const next = add('c')
  const failure = new Error('away')
  batches[0]?.end(failure)
  for (const each of added) await assert.rejects(each, failure)
  await setImmediate()
  batches[1]?.end()
  assert.equal(await next, 'c')
})

test('batches under way and items that wait are bounded', async () => {
  const { add, sizes } = heldBatcher({ maxSize: 1, maxInFlight: 2, maxWaiting: 2 })
  for (const item of ['a', 'b']) void add(item)
  await setImmediate()
  for (const item of ['c', 'd']) void add(item)
  await assert.rejects(add('e'), (error) => {
    assert.ok(error instanceof ServiceUnavailableError)
    assert.equal(error.code, 'overloaded')
    return true
  })
  await setImmediate()
  assert.deepEqual(sizes(), ['a', 'b'])
})

test('items that have waited for too long are refused when the next batch starts, and later ones go', async (t) => {
  const { add, batches, sizes } = heldBatcher({ maxWaitMs: 1000 })
  let now = 0
  t.mock.method(performance, 'now', () => now)
  void add('a')
  await setImmediate()
  const late = [add('b'), add('c')].map((added) => assert.rejects(added, { code: 'overloaded' }))
  now = 500
  const inTime = add('d')
  now = 1001
  batches[0]?.end()
  await Promise.all(late)
  await setImmediate()
  batches[1]?.end()
  assert.equal(await inTime, 'd')
  assert.deepEqual(sizes(), ['a', 'd'])
})

test('the weight of a batch is bounded, and an item that is too heavy goes alone', async () => {
  const { add, batches, sizes } = heldBatcher({ maxWeight: 3, weightOf: (item) => item.length })
  for (const item of ['aa', 'b', 'c', 'ddddd', 'e']) void add(item)
  for (let n = 0; n < 3; n++) {
    await setImmediate()
    await setImmediate()
    batches[n]?.end()
  }
  await setImmediate()
  await setImmediate()
  assert.deepEqual(sizes(), ['aab', 'c', 'ddddd', 'e'])
})

test('a batch has items of one group, and no group is overtaken', async () => {
  const { add, batches } = heldBatcher({ groupOf: (item) => item[0] as string, maxSize: 2 })
  for (const item of ['a1', 'b1', 'a2', 'a3', 'b2']) void add(item)
  for (let n = 0; n < 3; n++) {
    await setImmediate()
    await setImmediate()
    batches[n]?.end()
  }
  assert.deepEqual(
    batches.map(({ items }) => items),
    [['a1', 'a2'], ['b1', 'b2'], ['a3']],
  )
})

test('every item is done once and gets its own outcome, whatever the limits and failures', async () => {
  const item = fc.record({ group: fc.nat(2), weight: fc.integer({ min: 1, max: 5 }), fails: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      fc.array(item, { maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
      async (items, maxSize, maxInFlight) => {
        const done: number[] = []
        let inFlight = 0
        const add = createBatcher<[number, (typeof items)[number]], number>(
          async (batch) => {
            assert.ok(++inFlight <= maxInFlight)
            assert.ok(batch.length <= maxSize)
            assert.equal(new Set(batch.map(([, { group }]) => group)).size, 1)
            await setImmediate()
            inFlight--
            done.push(...batch.map(([index]) => index))
            return batch.map(([index, { fails }]) => (fails ? new Error(String(index)) : index))
          },
          {
            ...{ maxSize, maxInFlight, maxWaiting: 100, maxWeight: 7 },
            weightOf: ([, { weight }]) => weight,
            groupOf: ([, { group }]) => String(group),
          },
        )
        const outcomes = await Promise.allSettled(items.map((each, index) => add([index, each])))
        assert.deepEqual(
          outcomes.map((outcome) =>
            outcome.status === 'fulfilled' ? outcome.value : Number((outcome.reason as Error).message),
          ),
          items.map((_, index) => index),
        )
        assert.deepEqual(
          [...done].sort((one, other) => one - other),
          items.map((_, index) => index),
        )
      },
    ),
  )
})
