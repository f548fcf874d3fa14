import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { ServiceUnavailableError } from '@shop/service/errors'
import { until } from '@shop/tests/kit/until'
import { v7 as uuidv7 } from 'uuid'
import type { FeedEvent, FeedPage, FeedRepository } from '../../src/db/feed-repository.ts'
import { createLiveFeed, type Follower } from '../../src/streams/live-feed.ts'

const log = { info: () => undefined, warn: () => undefined }

/** A feed in memory that counts how it is read. `failure`, if it is set, is thrown by that method. */
function createFeed() {
  const events: FeedEvent[] = []
  const counted = { polls: 0, orders: [] as FeedEvent[] }
  const failing = { method: undefined as 'readEvents' | 'readOrders' | undefined }
  const fail = (method: string) => {
    if (failing.method === method) throw new ServiceUnavailableError('database_unavailable', 'away')
  }
  const page = (found: FeedEvent[]): FeedPage => ({
    state: { epoch: 'e', head: events.length, oldest: 1 },
    events: found,
  })
  const feed: FeedRepository = {
    async readEvents(after, limit) {
      counted.polls++
      fail('readEvents')
      return page(events.slice(after, after + limit))
    },
    readEventsOfUser: async () => page([]),
    async readOrders(wanted) {
      await setTimeout(5)
      fail('readOrders')
      counted.orders.push(...wanted)
      return wanted.map(() => undefined)
    },
  }
  const add = (userId: string, count = 1) => {
    for (let added = 0; added < count; added++)
      events.push({ position: events.length + 1, userId, orderId: uuidv7(), version: 1, type: 'placed' })
  }
  return { feed, add, counted, failing, head: () => events.length }
}

function createFollower(userId: string, start: number) {
  let position = start
  const received: number[] = []
  const follower: Follower = {
    userId,
    position: () => position,
    moveTo: (next) => {
      position = Math.max(position, next)
    },
    deliver: (at) => {
      received.push(at)
      position = at
    },
    feedChanged: () => undefined,
  }
  return { ...follower, received }
}

test('however many follow, the feed is polled once; and not at all when nobody does', async () => {
  const { feed, counted } = createFeed()
  const live = createLiveFeed(feed, log)
  const followers = Array.from({ length: 200 }, (_, user) => createFollower(`user ${user % 50}`, 0))
  for (const follower of followers) assert.ok(live.join(follower, 'e'))
  const startedAt = performance.now()
  await setTimeout(1000)
  const elapsedMs = performance.now() - startedAt
  assert.ok(counted.polls > 2 && counted.polls <= 1 + elapsedMs / 100, `${counted.polls} polls`)
  for (const follower of followers) live.leave(follower)
  await setTimeout(150)
  const { polls } = counted
  await setTimeout(300)
  assert.equal(counted.polls, polls)
})

test('of events of users who do not follow, no order is read', async () => {
  const { feed, add, counted, head } = createFeed()
  const live = createLiveFeed(feed, log)
  const me = createFollower('me', 0)
  live.join(me, 'e')
  add('you', 700)
  add('me')
  add('you', 700)
  await until(() => me.position() === head())
  assert.deepEqual(me.received, [701])
  assert.deepEqual(
    counted.orders.map(({ position }) => position),
    [701],
  )
  live.leave(me)
})

test('nothing is lost or repeated when the feed cannot be read for a while, at either step', async () => {
  const { feed, add, failing, head } = createFeed()
  const live = createLiveFeed(feed, log)
  const me = createFollower('me', 0)
  live.join(me, 'e')
  for (const method of ['readEvents', 'readOrders'] as const) {
    failing.method = method
    add('me', 3)
    await setTimeout(250)
    failing.method = undefined
    await until(() => me.position() === head())
  }
  assert.deepEqual(me.received, [1, 2, 3, 4, 5, 6])
  live.leave(me)
})

test('who joins while events are on their way gets each of them once, or has to read them first', async () => {
  const { feed, add, head } = createFeed()
  const live = createLiveFeed(feed, log)
  const all = createFollower('me', 0)
  live.join(all, 'e')
  const joined: ReturnType<typeof createFollower>[] = []
  for (let round = 0; round < 300; round++) {
    add('me')
    add(`user ${round}`)
    // whose event was a moment ago, or several polls
    const user = Math.max(0, round - Math.round(Math.random() * 30))
    const follower = createFollower(`user ${user}`, 2 * user + 1)
    if (live.join(follower, 'e')) joined.push(follower)
    await setTimeout(3)
  }
  await until(() => all.position() === head())
  assert.ok(joined.length > 20 && joined.length < 300, `${joined.length} joined`)
  for (const follower of joined) {
    // the event of a user is the second one of the round
    assert.deepEqual(follower.received, [2 * Number(follower.userId.slice(5)) + 2], follower.userId)
    live.leave(follower)
  }
  live.leave(all)
})
