import type { IncomingMessage } from 'node:http'
import type { TestContext } from 'node:test'
import type { TestDatabase } from '@shop/tests/kit/database'
import { asUser } from '@shop/tests/kit/tokens'
import { open, until } from '../exports/exports.ts'

export const epoch = '0a1b2c3d'

/** Begins the feed of a database, as the relay does when it first runs. */
export const startFeed = ({ owner }: Pick<TestDatabase, 'owner'>) =>
  owner.query({
    text: `INSERT INTO relay_state (epoch, fingerprint, lease_until) VALUES ($1, feed_fingerprint(), now())`,
    values: [epoch],
  })

/** Gives all announced events their positions, as the relay does. */
export const publish = ({ owner }: Pick<TestDatabase, 'owner'>) =>
  owner.query({
    text: `
      WITH moved AS (DELETE FROM order_events_pending RETURNING *)
      INSERT INTO feed (position, id, user_id, order_id, version, type, at, moved_at)
      SELECT (SELECT coalesce(max(position), 0) FROM feed) + row_number() OVER (ORDER BY at, order_id, version),
        id, user_id, order_id, version, type, at, now()
      FROM moved`,
  })

/** Returns the position of the last event. */
export async function head({ owner }: Pick<TestDatabase, 'owner'>): Promise<number> {
  const [row] = await owner.query<{ head: string }>({
    text: 'SELECT coalesce(max(position), 0) AS head FROM feed',
  })
  return Number(row?.head)
}

export type StreamEvent = { type: string; id: string; data: Record<string, unknown> }

export type Reader = {
  response: IncomingMessage
  /** Everything that has been read. */
  text(): string
  events(): StreamEvent[]
  /** The last id, as a client would send it. */
  lastId(): string
  /** Whether the answer has come to its end; false while it is open and when it broke off. */
  isWhole(): boolean
  isClosed(): boolean
  untilEvents(count: number): Promise<StreamEvent[]>
}

type OpenOptions = { userId: string; after?: string; headers?: Record<string, string> }

/** Opens a stream and reads it. */
export async function openReader(t: TestContext, url: string, options: OpenOptions): Promise<Reader> {
  const { userId, after, headers } = options
  const response = await open(t, `${url}/orders/stream`, {
    ...(await asUser(userId)),
    ...(after !== undefined && { 'last-event-id': after }),
    ...headers,
  })
  return read(response)
}

/** Reads an answer from now on. */
export function read(response: IncomingMessage): Reader {
  let text = ''
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  response.on('error', () => undefined)
  response.resume()
  const events = () => parseEvents(text)
  return {
    response,
    text: () => text,
    events,
    lastId: () => [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '',
    isWhole: () => response.complete,
    isClosed: () => response.closed,
    async untilEvents(count) {
      await until(() => events().length >= count)
      return events()
    },
  }
}

/** Returns the events in a text, without what has no data: comments, ids and times alone. */
function parseEvents(text: string): StreamEvent[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const fields = Object.fromEntries(
        block
          .split('\n')
          .filter((line) => !line.startsWith(':'))
          .map((line) => /^(\w+): (.*)$/.exec(line)?.slice(1) as [string, string]),
      )
      if (fields.data === undefined) return []
      return [{ type: fields.event as string, id: fields.id as string, data: JSON.parse(fields.data) }]
    })
}
