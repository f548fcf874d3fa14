import type { FeedReader, StoredEvent } from '../feed-reader.ts'

/** How many events are kept, and about how much memory they may take, in bytes. */
const maxEvents = 2000
const maxBytes = 8 * 1024 * 1024

const pageSize = 500

export type Tail = ReturnType<typeof createTail>

/**
 * Returns the last events of the feed in memory: read once, whatever the number of webhooks that follow it. `start` is the
 * position after which it begins.
 */
export function createTail(feed: Pick<FeedReader, 'read' | 'wait'>, start: number) {
  // without gaps: the last one has the position `end`
  let events: StoredEvent[] = []
  let end = start
  let bytes = 0

  function append(event: StoredEvent) {
    if (event.position !== end + 1) {
      events = []
      bytes = 0
    }
    events.push(event)
    bytes += event.json.length
    end = event.position
    if (events.length <= maxEvents && bytes <= maxBytes) return
    // half of them at once, so that it is rare
    const removed = events.splice(0, Math.ceil(events.length / 2))
    for (const { json } of removed) bytes -= json.length
  }

  return {
    /** Returns the event with this position, or undefined if it is not in memory. */
    at: (position: number): StoredEvent | undefined => events[position - (end - events.length) - 1],

    /** Returns whether all events after the position that there are so far are in memory. */
    reachesBackTo: (position: number): boolean => position >= end - events.length,

    /** Forgets everything and begins after `position`. */
    restart(position: number) {
      events = []
      end = position
      bytes = 0
    },

    /** Waits until the feed has further events, then reads some of them. */
    async grow(signal: AbortSignal): Promise<void> {
      await feed.wait(end, signal)
      if (signal.aborted) return
      const page = await feed.read(end, pageSize)
      for (const event of page.events) append(event)
    },
  }
}
