import { followSignal } from './abort.ts'
import type { Connection } from './connection.ts'
import { isTransient, pauseAfterMs, ShopError } from './errors.ts'
import { readEventStream } from './event-stream.ts'
import { pause } from './pause.ts'
import type { LiveOrder, OrderEvent } from './types.ts'

/**
 * `reload`: load the orders now; the stream is open, so that nothing happens unseen in between. It comes first,
 * and again if the server cannot go on where the last stream ended. `changed`: what happened to an order, and
 * the order after it; the same `version` may come again.
 */
export type LiveUpdate =
  | { type: 'reload' }
  | { type: 'changed'; event: OrderEvent['type']; order: LiveOrder; cursor: string | undefined }

export type FollowOptions = {
  /** Ends the iteration. */
  signal?: AbortSignal
  /** The `cursor` of an earlier update, to go on after it without a reload. */
  after?: string
}

/** The server sends something at least every 10 s; silence means that the connection is dead. */
const silenceMs = 30_000

/**
 * Yields what happens to the caller's orders until `signal` aborts, and reconnects as often as it takes. Throws
 * ShopError for an answer that waiting does not change, such as 401.
 */
export async function* followOrders(
  connection: Connection,
  { signal, after }: FollowOptions = {},
): AsyncGenerator<LiveUpdate, void, undefined> {
  let cursor = after
  let failures = 0
  while (!signal?.aborted) {
    let waitMs = 2_000
    const { controller, unfollow } = followSignal(signal)
    try {
      const body = await openStream(connection, cursor, controller)
      if (cursor === undefined) yield { type: 'reload' }
      for await (const { event, data, id, retryMs } of readEventStream(body, silenceMs)) {
        failures = 0
        waitMs = retryMs ?? waitMs
        if (data !== undefined) {
          const order = JSON.parse(data) as LiveOrder
          yield { type: 'changed', event: event as OrderEvent['type'], order, cursor: id }
        }
        cursor = id ?? cursor
      }
    } catch (error) {
      if (signal?.aborted) return
      if (isLostCursor(error)) cursor = undefined
      else if (!isTransient(error)) throw error
      waitMs = pauseAfterMs(error, ++failures)
    } finally {
      unfollow()
      // also a stream of which nothing was read
      controller.abort()
    }
    await pause(waitMs, signal).catch(() => {})
  }
}

async function openStream(
  { transport, baseUrl }: Connection,
  cursor: string | undefined,
  controller: AbortController,
) {
  const headers = { accept: 'text/event-stream', ...(cursor && { 'last-event-id': cursor }) }
  const response = await transport.open(new Request(`${baseUrl}/orders/stream`, { headers }), controller)
  if (response.ok && response.body) return response.body
  const body: unknown = await response.json().catch(() => undefined)
  throw new ShopError(response, body)
}

/** The database was restored, or the events after the cursor are no longer kept. */
const isLostCursor = (error: unknown) => error instanceof ShopError && [409, 410].includes(error.status)
