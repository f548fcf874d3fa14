import type { JetStreamManager, StoredMsg, StreamInfo } from '@nats-io/jetstream'
import { headers, type MsgHdrs } from '@nats-io/transport-node'
import { type FeedState, formatFeedCursor } from '@shop/service/paging/feed-cursor'
import { parseCursor } from '../cursor.ts'
import type { FeedReader, StoredEvent } from '../feed-reader.ts'

/** Where sending goes on. */
export type Place = {
  /** The position in the feed of the last event that the stream has; undefined when it has none of this feed. */
  position: number | undefined
  /** The sequence of the last message of the stream. */
  sequence: number
}

const cursorHeader = 'Relay-Cursor'

/** The headers of an event's message: the cursor says from where to go on after it. */
export function headersOf({ position }: StoredEvent, { epoch }: FeedState): MsgHdrs {
  const made = headers()
  made.set(cursorHeader, formatFeedCursor({ epoch, position }))
  return made
}

/**
 * Finds the place where sending goes on: after the last message of the stream whose event the feed has at the same position.
 * That is the last message, unless a backup of the database was restored: then the stream has events that the feed does
 * not, and it looks further back by steps that double. Events that are found again are sent again; none is left out.
 */
export async function findPlace(
  manager: Pick<JetStreamManager, 'streams'>,
  { config, state }: StreamInfo,
  feed: Pick<FeedReader, 'read'>,
): Promise<Place> {
  const sequence = state.last_seq
  for (let back = 0, step = 1; sequence - back >= state.first_seq; back += step, step *= 2) {
    const seq = sequence - back
    const message = seq > 0 ? await manager.streams.getMessage(config.name, { seq }) : null
    const position = message && (await positionInFeed(message, feed))
    if (position) return { position, sequence }
  }
  return { position: undefined, sequence }
}

/**
 * Returns the position of the event of a message, or undefined if the feed has another event there. An event that the feed
 * no longer keeps cannot be compared; then all that is kept comes after it.
 */
async function positionInFeed(
  { header }: StoredMsg,
  feed: Pick<FeedReader, 'read'>,
): Promise<number | undefined> {
  const cursor = header.get(cursorHeader)
  if (!cursor) return undefined
  const { position } = parseCursor(cursor)
  const { events, state } = await feed.read(position - 1, 1)
  if (position < state.oldest) return position
  const [event] = events
  return event?.position === position && event.id === header.get('Nats-Msg-Id') ? position : undefined
}
