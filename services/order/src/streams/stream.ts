import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { type FeedCursor, formatFeedCursor } from '@shop/service/paging/feed-cursor'

/** Why a stream ended. `left`: the client closed the connection, or it was lost. */
export type StreamEnd = 'left' | 'expired' | 'draining' | 'not_read' | 'feed_changed' | 'failed'

/** What a stream is sent over. */
export type Connection = {
  /** How many bytes wait in this process until the network takes them. */
  waitingBytes(): number
  /** Closes it at once. */
  cut(): void
}

export type StreamOptions = {
  start: FeedCursor
  connection: Connection
  /** How long a reader may take nothing of what waits, in milliseconds. */
  maxStallMs: number
  onEnd: (reason: StreamEnd) => void
}

export type Stream = ReturnType<typeof createStream>

/** No more than this ever waits for a reader. */
export const maxWaitingBytes = 64 * 1024

/** How long the end of a stream may take to reach the network, in milliseconds. */
const endMs = 1000

const stallCheckMs = 20

/** Returns a time to reconnect after, in milliseconds: a random one, so that clients do not all come back at once. */
const retryMs = () => Math.round(1000 + Math.random() * 4000)

/** Returns a stream of server-sent events, with a bound on what waits for its reader. */
export function createStream({ start, connection, maxStallMs, onEnd }: StreamOptions) {
  const content = new Readable({ read: () => undefined })
  let { position } = start
  let isOpen = true
  let reason: StreamEnd = 'left'

  const waitingBytes = () => content.readableLength + connection.waitingBytes()

  const idLine = () => `id: ${formatFeedCursor({ epoch: start.epoch, position })}\n`

  /** Returns whether there was room for the text; if not, it was not sent. */
  function send(text: string): boolean {
    if (!isOpen || waitingBytes() + Buffer.byteLength(text) > maxWaitingBytes) return false
    content.push(text)
    return true
  }

  function cut(): void {
    content.destroy()
    connection.cut()
  }

  /**
   * Resolves to true when no more than `bytes` wait, or to false when the stream has ended, perhaps because its reader took
   * nothing for too long.
   */
  async function waitForRoom(bytes: number): Promise<boolean> {
    let least = waitingBytes()
    let deadline = performance.now() + maxStallMs
    while (isOpen) {
      const waiting = waitingBytes()
      if (waiting <= bytes) return true
      if (waiting < least) {
        least = waiting
        deadline = performance.now() + maxStallMs
      } else if (performance.now() > deadline) {
        reason = 'not_read'
        cut()
        return false
      }
      await wait(stallCheckMs)
    }
    return false
  }

  content.once('close', () => {
    isOpen = false
    onEnd(reason)
  })
  content.push(`retry: ${retryMs()}\n${idLine()}\n`)

  return {
    content,
    epoch: start.epoch,
    send,
    waitForRoom,
    isOpen: () => isOpen,
    position: () => position,
    moveTo: (next: number) => {
      position = Math.max(position, next)
    },

    /** Tells the cursor of the moment. */
    sendHeartbeat: () => send(`: heartbeat\n${idLine()}\n`),

    /** Ends the answer as a whole one, and closes the connection if the reader does not take the end. */
    end(why: StreamEnd): void {
      if (!isOpen) return
      isOpen = false
      reason = why
      content.push(`retry: ${retryMs()}\n\n`)
      content.push(null)
      setTimeout(() => {
        if (!content.closed || connection.waitingBytes() > 0) cut()
      }, endMs).unref()
    },
  }
}
