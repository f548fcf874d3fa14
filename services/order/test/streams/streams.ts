import type { IncomingMessage } from 'node:http'
import type { TestContext } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { open } from '../exports/exports.ts'

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
