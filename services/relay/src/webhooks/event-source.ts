import type { ActiveWebhook } from '../db/webhook-work.ts'
import type { FeedReader, StoredEvent } from '../feed-reader.ts'
import type { Tail } from './tail.ts'

/** Events that are read at once by a webhook that is behind. */
const pageSize = 100

export type EventSourceOptions = {
  feed: Pick<FeedReader, 'read'>
  tail: Pick<Tail, 'at' | 'reachesBackTo'>
  /** Called when there may be further events in memory. */
  onRead: () => void
  /** Called when reading fails; it is tried again when the next event is asked for. */
  onError: (error: unknown) => void
}

/** Returns the events that a webhook still has to get: from the tail of the feed, or page by page if it is behind. */
export function createEventSource(
  { cursor, types: first }: Pick<ActiveWebhook, 'cursor' | 'types'>,
  { feed, tail, onRead, onError }: EventSourceOptions,
) {
  let types = first && new Set(first)
  let position = cursor
  let page: StoredEvent[] = []
  let isReading = false

  async function readPage() {
    if (isReading) return
    isReading = true
    const asked = types
    try {
      const { events, lookedUpTo, state } = await feed.read(
        position,
        pageSize,
        asked ? [...asked] : undefined,
      )
      // what was read for former types lacks some, so onRead has it read again
      const isCurrent = asked === types
      if (isCurrent) page = events
      if (isCurrent && events.length === 0) {
        // what lies before was of other types, or is no longer kept
        const passed = Math.max(lookedUpTo, state.oldest - 1)
        if (passed <= position) return
        position = passed
      }
    } catch (error) {
      return onError(error)
    } finally {
      isReading = false
    }
    onRead()
  }

  return {
    /** Returns up to which position events were taken or passed. */
    position: () => position,

    /** Returns the next event, if it is in memory. Otherwise it begins to read one, if there is one. */
    next(): StoredEvent | undefined {
      for (;;) {
        const event = page.shift() ?? tail.at(position + 1)
        if (!event) {
          if (!tail.reachesBackTo(position)) void readPage()
          return undefined
        }
        position = event.position
        if (!types || types.has(event.type)) return event
      }
    },

    /** Hands out only events of these types from now on; all if null. */
    setTypes(latest: ActiveWebhook['types']) {
      if (String(latest) === String(types && [...types])) return
      // what was read for other types lacks some, and was not taken yet
      page = []
      types = latest && new Set(latest)
    },
  }
}
