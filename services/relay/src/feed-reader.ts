import type { FeedState } from '@shop/service/paging/feed-cursor'
import { cloudEvent, type EventNames } from './cloud-event.ts'
import type { FeedRepository, ReadOptions } from './db/feed-repository.ts'

/** An event as consumers get it. */
export type StoredEvent = {
  position: number
  id: string
  /** The short name, such as `placed`. */
  type: string
  orderId: string
  userId: string
  /** The CloudEvent in JSON, always with the same bytes. */
  json: string
}

export type FeedPage = {
  events: StoredEvent[]
  /** There is no further event up to this position; the next reading goes on after it. */
  lookedUpTo: number
  /** What the feed had at the same moment. */
  state: FeedState
}

export type FeedReader = ReturnType<typeof createFeedReader>

/** A page ends after the event that brings it to this size, in bytes of JSON. */
const maxPageBytes = 2 * 1024 * 1024

/** Rows whose orders are read together: few enough that the largest orders fit in memory. */
const chunkSize = 100

export function createFeedReader(
  feed: FeedRepository,
  {
    names,
    waitBeyond,
  }: { names: EventNames; waitBeyond: (position: number, signal: AbortSignal) => Promise<void> },
) {
  async function* eventsOf(rows: Awaited<ReturnType<FeedRepository['readRows']>>['rows']) {
    for (let start = 0; start < rows.length; start += chunkSize) {
      const chunk = rows.slice(start, start + chunkSize)
      const orders = await feed.findOrders([...new Set(chunk.map(({ orderId }) => orderId))])
      for (const row of chunk) {
        const { position, id, type, orderId, userId } = row
        yield { position, id, type, orderId, userId, json: cloudEvent(row, orders.get(orderId), names) }
      }
    }
  }

  return {
    /**
     * Returns at most `limit` events after the position, oldest first; fewer when they are large. Without a position it
     * begins with the first event that is kept. Throws ServiceUnavailableError.
     */
    async read(after: number | undefined, limit: number, types?: ReadOptions['types']): Promise<FeedPage> {
      const { rows, lookedUpTo, state } = await feed.readRows({ after, limit, types })
      const events: StoredEvent[] = []
      let bytes = 0
      for await (const event of eventsOf(rows)) {
        events.push(event)
        bytes += Buffer.byteLength(event.json)
        if (bytes >= maxPageBytes) break
      }
      const isWhole = events.length === rows.length
      return { events, lookedUpTo: isWhole ? lookedUpTo : (events.at(-1) as StoredEvent).position, state }
    },

    /** Returns what the feed has. Throws ServiceUnavailableError. */
    readState: feed.readState,

    /** Resolves when there is an event after the position, or when `signal` is aborted. Throws ServiceUnavailableError. */
    wait: waitBeyond,
  }
}
