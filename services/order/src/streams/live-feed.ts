import { setTimeout } from 'node:timers/promises'
import type { FeedCursor } from '@shop/service/paging/feed-cursor'
import { untraced } from '@shop/service/tracing'
import type { FastifyBaseLogger } from 'fastify'
import type { FeedEvent, FeedRepository } from '../db/feed-repository.ts'
import { writeEvent } from './write-event.ts'

/** Who follows the feed: gets the events of one user after its position, which moves on with the feed. */
export type Follower = {
  userId: string
  position(): number
  /** Called when the feed was read up to a position, and everything for the follower was delivered. */
  moveTo(position: number): void
  /** Takes the event at a position, as text. */
  deliver(position: number, text: string): void
  /** Called when the feed is another one than before: what the follower knows of it is void. */
  feedChanged(): void
}

export type LiveFeed = ReturnType<typeof createLiveFeed>

/** How often the feed is asked for new events while somebody follows it, in milliseconds. */
const pollMs = 100

/** The same while it cannot be read. */
const retryMs = 1000

/** Events per poll; when there are as many, the next poll follows at once. */
const maxEvents = 500

/** What was read and is not delivered yet. */
type Batch = { events: FeedEvent[]; lookedUpTo: number }

/**
 * Follows the feed for all streams of this process: one poll, however many there are, and none without any. Of events of
 * other users only the row in the feed is read.
 */
export function createLiveFeed(feed: FeedRepository, log: Pick<FastifyBaseLogger, 'warn' | 'info'>) {
  const followers = new Map<string, Set<Follower>>()
  /** How far the feed has been read; undefined while nobody follows. */
  let place: FeedCursor | undefined
  let batch: Batch | undefined
  let isFailing = false

  async function follow() {
    while (followers.size > 0) {
      let pauseMs = pollMs
      try {
        if (await poll()) pauseMs = 0
        if (isFailing) log.info('the feed can be read again')
        isFailing = false
      } catch (error) {
        if (!isFailing) log.warn({ err: error }, 'the feed cannot be read; open streams wait for it')
        isFailing = true
        pauseMs = retryMs
      }
      await setTimeout(pauseMs, undefined, { ref: false })
    }
    place = undefined
    batch = undefined
  }

  /** Returns whether there may be more. */
  async function poll(): Promise<boolean> {
    batch ??= await readBatch()
    if (!batch || !place) return false
    const { events, lookedUpTo } = batch
    // before the next await: who joins meanwhile must have read this batch by itself
    place.position = lookedUpTo
    const wanted = events.filter(({ userId }) => followers.has(userId))
    const orders = await feed.readOrders(wanted)
    batch = undefined
    const { epoch } = place
    for (const [index, event] of wanted.entries()) {
      const text = writeEvent(epoch, event, orders[index])
      for (const follower of followers.get(event.userId) ?? [])
        if (follower.position() < event.position) follower.deliver(event.position, text)
    }
    for (const each of all()) each.moveTo(lookedUpTo)
    return events.length === maxEvents
  }

  async function readBatch(): Promise<Batch | undefined> {
    if (!place) return undefined
    const { epoch, position } = place
    const { state, events } = await feed.readEvents(position, maxEvents)
    if (state.epoch !== epoch || state.head < position || position < state.oldest - 1) {
      for (const follower of [...all()]) {
        leave(follower)
        follower.feedChanged()
      }
      return undefined
    }
    const last = events.at(-1)
    return { events, lookedUpTo: last && events.length === maxEvents ? last.position : state.head }
  }

  function* all() {
    for (const ofUser of followers.values()) yield* ofUser
  }

  function leave(follower: Follower): void {
    const ofUser = followers.get(follower.userId)
    ofUser?.delete(follower)
    if (ofUser?.size === 0) followers.delete(follower.userId)
  }

  return {
    /**
     * Delivers to a follower from now on what comes after its position, in this epoch. Returns false if the feed has been
     * read further than that, or in another epoch: then the follower has to read on by itself first.
     */
    join(follower: Follower, epoch: string): boolean {
      if (place && (place.epoch !== epoch || follower.position() < place.position)) return false
      const ofUser = followers.get(follower.userId)
      if (ofUser) ofUser.add(follower)
      else followers.set(follower.userId, new Set([follower]))
      if (!place) {
        place = { epoch, position: follower.position() }
        void untraced(follow)
      }
      return true
    },

    leave,
  }
}
