import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { FeedPage, StoredEvent } from '../../src/feed-reader.ts'
import { createEventSource } from '../../src/webhooks/event-source.ts'

/** Starts a source behind the tail, in a feed with events of these types, whose readings end when the test lets them. */
function startReading({ feedTypes, types }: { feedTypes: string[]; types: string[] | null }) {
  const stored = feedTypes.map((type, index): StoredEvent => {
    const position = index + 1
    return { position, id: String(position), type, orderId: 'o', userId: 'u', json: '{}' }
  })
  const held: (() => void)[] = []
  const taken: number[] = []
  const source = createEventSource(
    { cursor: 0, types },
    {
      feed: {
        async read(after = 0, limit, wanted): Promise<FeedPage> {
          const { promise, resolve } = Promise.withResolvers<void>()
          held.push(resolve)
          await promise
          const events = stored.filter(
            ({ position, type }) => position > after && (!wanted || wanted.includes(type)),
          )
          const state = { epoch: 'e', oldest: 1, head: stored.length }
          return { events: events.slice(0, limit), lookedUpTo: stored.length, state }
        },
      },
      tail: { at: () => undefined, reachesBackTo: (position) => position >= stored.length },
      onRead: takeAll,
      onError: assert.ifError,
    },
  )

  function takeAll() {
    for (let event = source.next(); event; event = source.next()) taken.push(event.position)
  }

  takeAll()
  return {
    source,
    taken,
    readings: () => held.length,
    /** Lets one reading after the other end until the source asks for none. */
    async finish() {
      for (let ended = 0; ended < held.length; ended++) {
        held[ended]?.()
        await setImmediate()
      }
    },
  }
}

for (const [former, feedTypes] of [
  ['some events', ['shipped', 'placed', 'shipped', 'placed']],
  ['no event', ['shipped', 'shipped', 'shipped']],
] as const) {
  test(`types that change while a page with ${former} of the former types is read skip nothing`, async () => {
    const { source, taken, finish } = startReading({ feedTypes: [...feedTypes], types: ['placed'] })
    source.setTypes(['shipped'])
    await finish()
    const shipped = feedTypes.flatMap((type, index) => (type === 'shipped' ? [index + 1] : []))
    assert.deepEqual(taken, shipped)
    assert.equal(source.position(), feedTypes.length)
  })
}

test('types that are set again as they were do not make it read twice', async () => {
  for (const types of [['placed'], null]) {
    const { source, taken, finish, readings } = startReading({ feedTypes: ['placed', 'placed'], types })
    source.setTypes(types)
    await finish()
    assert.deepEqual(taken, [1, 2])
    assert.equal(readings(), 1)
  }
})
