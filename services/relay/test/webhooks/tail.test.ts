import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FeedPage, StoredEvent } from '../../src/feed-reader.ts'
import { createTail } from '../../src/webhooks/tail.ts'

const { signal } = new AbortController()

/** A feed that has events from `oldest` to `head`, each with a text of `size` characters. */
function createFeed({ oldest = 1, head = 0, size = 10 }) {
  const feed = { oldest, head }
  return {
    feed,
    wait: async () => undefined,
    async read(after: number | undefined, limit: number): Promise<FeedPage> {
      const first = Math.max((after ?? 0) + 1, feed.oldest)
      const length = Math.max(0, Math.min(limit, feed.head - first + 1))
      const events = Array.from({ length }, (_, index): StoredEvent => {
        const position = first + index
        const json = String(position).padEnd(size)
        return { position, id: String(position), type: 'placed', orderId: 'o', userId: 'u', json }
      })
      return { events, lookedUpTo: first + length - 1, state: { epoch: 'e', ...feed } }
    },
  }
}

test('it has what came after its start, by position', async () => {
  const source = createFeed({ head: 10 })
  const tail = createTail(source, 7)
  assert.equal(tail.at(8), undefined)
  await tail.grow(signal)
  assert.deepEqual(
    [6, 7, 8, 10, 11].map((position) => tail.at(position)?.position),
    [undefined, undefined, 8, 10, undefined],
  )
  assert.deepEqual([6, 7, 10].map(tail.reachesBackTo), [false, true, true])
  source.feed.head = 12
  await tail.grow(signal)
  assert.equal(tail.at(12)?.position, 12)
  assert.equal(tail.at(8)?.position, 8)
})

test('it forgets the oldest events: by their number, and by their size', async () => {
  for (const [size, most] of [
    [10, 2000],
    [64 * 1024, 130],
  ] as const) {
    const tail = createTail(createFeed({ head: 10_000, size }), 0)
    for (let count = 0; count < 20; count++) await tail.grow(signal)
    assert.equal(tail.at(10_000)?.position, 10_000)
    assert.equal(tail.at(10_000 - most), undefined)
    assert.ok(!tail.reachesBackTo(10_000 - most))
    const kept = Array.from({ length: most }, (_, index) => tail.at(10_000 - index)).filter(Boolean)
    assert.ok(kept.length >= most / 4 && kept.every((event, index) => event?.position === 10_000 - index))
  }
})

test('after a gap, which retention makes, it begins again', async () => {
  const source = createFeed({ head: 5 })
  const tail = createTail(source, 0)
  await tail.grow(signal)
  Object.assign(source.feed, { oldest: 9, head: 10 })
  await tail.grow(signal)
  assert.deepEqual(
    [5, 8, 9, 10].map((position) => tail.at(position)?.position),
    [undefined, undefined, 9, 10],
  )
  assert.deepEqual([5, 8].map(tail.reachesBackTo), [false, true])
})

test('restarted, it has only what comes then', async () => {
  const source = createFeed({ head: 5 })
  const tail = createTail(source, 0)
  await tail.grow(signal)
  tail.restart(8)
  assert.deepEqual([5, 8].map(tail.reachesBackTo), [false, true])
  source.feed.head = 9
  await tail.grow(signal)
  assert.deepEqual(
    [5, 8, 9].map((position) => tail.at(position)?.position),
    [undefined, undefined, 9],
  )
})
