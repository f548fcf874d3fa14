import { setTimeout } from 'node:timers/promises'
import { JetStreamApiError, type JetStreamClient } from '@nats-io/jetstream'
import type { FeedState } from '@shop/service/paging/feed-cursor'
import type { FeedPage, FeedReader, StoredEvent } from '../feed-reader.ts'
import { brokerTimeoutMs } from './connection.ts'
import { headersOf, type Place } from './place.ts'
import { subjectOf } from './stream.ts'

/** The most events that are read, and that are on their way, at a time. */
const windowSize = 256

/** How often the stream is looked at while there is nothing to send, in milliseconds. */
const idleCheckMs = 5000

/** The stream has other messages than this process thought, because another relay or a rewind has added some. */
export class OvertakenError extends Error {
  override readonly name = 'OvertakenError'
}

/** The broker dropped an event as a repeat, although the stream has it further back, not at its end. */
export class RepeatError extends Error {
  override readonly name = 'RepeatError'
}

export type SenderOptions = {
  feed: FeedReader
  client: JetStreamClient
  place: Place
  /** Returns the sequence of the last message of the stream. */
  readLastSequence: () => Promise<number>
  /** Ends the sending. */
  signal: AbortSignal
  onHead: (position: number) => void
  onSent: (position: number) => void
  /** Called when `count` events left the feed before they could be sent. */
  onExpired: (count: number) => void
}

/**
 * Sends the events after `place` until `signal` is aborted. While a page of them is on its way, the next one is read.
 * Throws OvertakenError, RepeatError, and what the feed and the broker throw; then the place must be looked for again.
 */
export async function sendEvents({ feed, client, place, signal, ...options }: SenderOptions): Promise<void> {
  const publish = createPublisher(client, place.sequence)
  let { position } = place
  let stored: Promise<void> = Promise.resolve()
  let checkedAt = performance.now()
  while (!signal.aborted) {
    const [page] = await Promise.all([feed.read(position, windowSize), stored])
    const { events, lookedUpTo, state } = page
    options.onHead(state.head)
    if (position !== undefined && position < state.oldest - 1) {
      options.onExpired(state.oldest - 1 - position)
      position = state.oldest - 1
      continue
    }
    position = lookedUpTo
    if (events.length > 0) stored = publish.page(page).then(() => options.onSent(lookedUpTo))
    else {
      options.onSent(lookedUpTo)
      await waitForEvents(feed, lookedUpTo, signal)
      // a publish finds out by itself
      if (performance.now() - checkedAt < idleCheckMs) continue
      await checkStream(publish.lastSequence(), options.readLastSequence)
      checkedAt = performance.now()
    }
  }
  await stored
}

/**
 * Creates what publishes events one after another without waiting for the answers. Each message must follow the one
 * before it, by sequence and by id, so that nothing can come between or be left out: not a lost message, nor one of another
 * process. The first follows what was the last message, by sequence; the broker forgets its id when it restarts.
 */
function createPublisher(client: JetStreamClient, last: number) {
  let sequence = last
  let lastMsgID: string | undefined

  async function publishOne(event: StoredEvent, state: FeedState) {
    const expected = { lastSequence: sequence++, ...(lastMsgID !== undefined && { lastMsgID }) }
    lastMsgID = event.id
    const ack = await client
      .publish(subjectOf(event.type), event.json, {
        msgID: event.id,
        headers: headersOf(event, state),
        expect: expected,
        timeout: brokerTimeoutMs,
      })
      .catch((error) => {
        throw isMisplaced(error)
          ? new OvertakenError('The stream has got other messages.', { cause: error })
          : error
      })
    if (ack.seq !== expected.lastSequence + 1)
      throw new RepeatError('The broker still drops an event that it got a short time ago.')
  }

  return {
    async page({ events, state }: FeedPage): Promise<void> {
      await Promise.all(events.map((event) => publishOne(event, state)))
    },
    lastSequence: () => sequence,
  }
}

/** The broker's answers to an expectation that is not met: wrong last message id, wrong last sequence. */
const isMisplaced = (error: unknown) =>
  error instanceof JetStreamApiError && [10070, 10071, 10164].includes(error.code)

async function waitForEvents(feed: FeedReader, position: number, signal: AbortSignal): Promise<void> {
  const since = performance.now()
  await feed.wait(position, AbortSignal.any([signal, AbortSignal.timeout(idleCheckMs)]))
  // a service that is shutting down does not wait for events
  if (performance.now() - since < 1) await setTimeout(50, undefined, { signal }).catch(() => undefined)
}

/** Throws OvertakenError when the stream was rewound, emptied, restored or made again. */
async function checkStream(expected: number, readLastSequence: () => Promise<number>): Promise<void> {
  const actual = await readLastSequence()
  if (actual !== expected)
    throw new OvertakenError(`The stream ends with message ${actual}, not ${expected}.`)
}
