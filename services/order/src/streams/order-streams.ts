import type { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { AppError, ServiceUnavailableError } from '@shop/service/errors'
import type { FeedCursor } from '@shop/service/paging/feed-cursor'
import type { FastifyBaseLogger } from 'fastify'
import type { FeedPage, FeedRepository } from '../db/feed-repository.ts'
import { createPlaces } from '../places.ts'
import { checkCursor } from './feed-cursor.ts'
import { createLiveFeed, type Follower } from './live-feed.ts'
import { type Connection, createStream, maxWaitingBytes, type Stream, type StreamEnd } from './stream.ts'
import { writeEvent } from './write-event.ts'

export type OrderStreams = ReturnType<typeof createOrderStreams>

export type OpenOptions = {
  userId: string
  /** When the access token expires, in milliseconds since 1970. */
  tokenExpiresAt: number
  /** Where to go on; from the end of the feed when undefined. */
  after: FeedCursor | undefined
  connection: Connection
  log: Pick<FastifyBaseLogger, 'info' | 'error'>
}

export type OrderStreamsOptions = {
  feed: FeedRepository
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  maxStreams: number
  heartbeatMs?: number
  maxStallMs?: number
  /** The longest that a stream lasts: then its client comes back, perhaps to a replica that was added since. */
  maxOpenMs?: number
}

/** Of one user at the same time, in one process. */
const maxStreamsPerUser = 10

/** Events that a stream reads at once to catch up. */
const pageSize = 20

/** What may wait for the reader while the next page is read: what is in memory stays near the bound. */
const maxWaitingBeforePage = maxWaitingBytes / 4

/** How often streams are checked for heartbeats and their end, in milliseconds. */
const tickMs = 250

/** Until a stream reads again after the feed could not be read, in milliseconds. */
const retryMs = 1000

/** The same after the live feed was faster. */
const rejoinMs = 20

const retryAfterSeconds = 10

type OpenStream = Stream &
  Follower & { endsAt: number; heartbeatAt: number; sent: number; log: OpenOptions['log'] }

/** Returns what sends events to the owners of their orders, over at most `maxStreams` streams at a time. */
export function createOrderStreams({
  feed,
  log,
  maxStreams,
  heartbeatMs = 10_000,
  maxStallMs = 10_000,
  maxOpenMs = 3_600_000,
}: OrderStreamsOptions) {
  const takePlace = createPlaces({ max: maxStreams, maxPerUser: maxStreamsPerUser })
  const live = createLiveFeed(feed, log)
  const open = new Set<OpenStream>()
  const ends = new Map<StreamEnd, number>()
  let isClosed = false

  /** None without open streams: each tick wakes the process. */
  let ticks: NodeJS.Timeout | undefined

  function tick() {
    const now = Date.now()
    for (const stream of open) {
      if (now >= stream.endsAt) stream.end('expired')
      else if (now >= stream.heartbeatAt) {
        stream.heartbeatAt = now + heartbeatMs
        stream.sendHeartbeat()
      }
    }
  }

  function forget(stream: OpenStream) {
    open.delete(stream)
    if (open.size > 0) return
    clearInterval(ticks)
    ticks = undefined
  }

  /** Sends what comes after the position of the stream, at the pace of its reader, until the live feed can go on. */
  async function catchUp(stream: OpenStream, first?: FeedPage) {
    const { userId, epoch } = stream
    for (let page = first; await stream.waitForRoom(maxWaitingBeforePage); page = undefined) {
      try {
        page ??= await feed.readEventsOfUser(userId, stream.position(), pageSize)
        checkCursor({ epoch, position: stream.position() }, page.state)
        await sendPage(stream, page)
        if (page.events.length === pageSize) continue
        stream.moveTo(page.state.head)
        if (live.join(stream, epoch)) return
        await wait(rejoinMs)
      } catch (error) {
        if (!(error instanceof ServiceUnavailableError)) return endBy(error, stream)
        await wait(retryMs)
      }
    }
  }

  async function sendPage(stream: OpenStream, { events }: FeedPage) {
    const orders = await feed.readOrders(events)
    for (const [index, event] of events.entries()) {
      const text = writeEvent(stream.epoch, event, orders[index])
      while (!send(stream, event.position, text))
        if (!(await stream.waitForRoom(maxWaitingBytes - Buffer.byteLength(text)))) return
    }
  }

  return {
    /**
     * Returns the stream of a user's events, which begins at once. Throws AppError 429 `too_many_streams` beyond the streams
     * of one user, ServiceUnavailableError `streams_busy` beyond those of all, and like checkCursor and the feed.
     */
    async openStream({ userId, tokenExpiresAt, after, connection, log }: OpenOptions): Promise<Readable> {
      const leavePlace = takePlace(userId)
      if (typeof leavePlace === 'string') throw refusals[leavePlace]()
      try {
        const first = await feed.readEventsOfUser(userId, after?.position, pageSize)
        if (after) checkCursor(after, first.state)
        if (isClosed) throw new ServiceUnavailableError('not_ready', 'The service is shutting down.')
        const { epoch, head } = first.state
        const openedAt = Date.now()
        const stream: OpenStream = {
          ...createStream({
            start: after ?? { epoch, position: head },
            connection,
            maxStallMs,
            onEnd(reason) {
              leavePlace()
              live.leave(stream)
              forget(stream)
              ends.set(reason, (ends.get(reason) ?? 0) + 1)
              const openSeconds = Math.round((Date.now() - openedAt) / 1000)
              log.info({ userId, reason, events: stream.sent, openSeconds }, 'stream ended')
            },
          }),
          userId,
          endsAt: Math.min(tokenExpiresAt, openedAt + maxOpenMs),
          // streams that were opened together do not write together
          heartbeatAt: openedAt + Math.random() * heartbeatMs,
          sent: 0,
          log,
          deliver(position, text) {
            if (send(stream, position, text)) return
            live.leave(stream)
            void catchUp(stream)
          },
          feedChanged: () => stream.end('feed_changed'),
        }
        open.add(stream)
        ticks ??= setInterval(tick, tickMs).unref()
        void catchUp(stream, first)
        return stream.content
      } catch (error) {
        leavePlace()
        throw error
      }
    },

    openStreams: () => open.size,
    /** Returns how many streams have ended, by the reason. */
    endedStreams: (): ReadonlyMap<StreamEnd, number> => ends,

    /** Ends all streams, and opens no more. */
    close(): void {
      isClosed = true
      for (const stream of open) stream.end('draining')
    },
  }
}

function send(stream: OpenStream, position: number, text: string): boolean {
  if (!stream.send(text)) return false
  stream.moveTo(position)
  stream.sent++
  return true
}

/** The client is told why when it comes back with its cursor. */
function endBy(error: unknown, stream: OpenStream): void {
  const isChanged = error instanceof AppError
  if (!isChanged) stream.log.error({ err: error }, 'a stream failed')
  stream.end(isChanged ? 'feed_changed' : 'failed')
}

const refusals = {
  'all taken': () =>
    new ServiceUnavailableError('streams_busy', 'Too many streams are open.', { retryAfterSeconds }),
  'too many of one user': () =>
    new AppError(429, 'too_many_streams', `You have ${maxStreamsPerUser} streams open already.`, {
      headers: { 'retry-after': String(retryAfterSeconds) },
    }),
}
