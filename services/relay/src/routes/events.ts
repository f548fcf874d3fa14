import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity, requireRole } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { commonCodes, problem, problems, success } from '@shop/service/http/responses'
import { type FeedCursor, formatFeedCursor } from '@shop/service/paging/feed-cursor'
import type { FastifyReply } from 'fastify'
import { type Static, Type } from 'typebox'
import { cloudEventSchema, type EventNames, eventTypes } from '../cloud-event.ts'
import { checkCursor, cursorPattern, parseCursor } from '../cursor.ts'
import type { FeedPage, FeedReader } from '../feed-reader.ts'

const defaultLimit = 100

const anyType = eventTypes.join('|')

const Cursor = Type.String({
  description: 'A place in the feed, to be stored and sent back unchanged.',
  examples: ['4f8a1c2e.1042'],
})

const EventsQuery = Type.Object(
  {
    after: Type.Optional(
      Type.String({
        pattern: `${cursorPattern}|^latest$`,
        description:
          'The meta.next of the last answer: events after it. `latest`: only events from now on. When absent, from the first event that is kept.',
      }),
    ),
    types: Type.Optional(
      Type.String({
        pattern: `^(?:${anyType})(?:,(?:${anyType})){0,${eventTypes.length - 1}}$`,
        description: 'Only events of these types, separated by commas.',
        examples: ['placed,paid'],
      }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: defaultLimit,
        description: 'Maximum number of events; large ones make a page end sooner.',
      }),
    ),
    wait: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 30,
        default: 0,
        description: 'How long to wait for an event if there is none, in seconds.',
      }),
    ),
  },
  { additionalProperties: false },
)

type Query = Static<typeof EventsQuery>

/** What errors of a cursor say about others. */
const otherCursors = {
  first: Type.Optional({ ...Cursor, description: 'From here come all events that are kept.' }),
  latest: Type.Optional({ ...Cursor, description: 'From here come only events from now on.' }),
}

const listEventsSchema = (names: EventNames) => ({
  summary: 'What has happened to orders, in the order in which it is told to everyone',
  description:
    'Each event comes at least once, and the events of an order come in order. `meta.next` says how far the feed was searched, also when nothing was found. An answer looks at 10,000 events at most.',
  tags: ['events'],
  operationId: 'listEvents',
  security: bearerSecurity,
  querystring: EventsQuery,
  response: {
    200: success(
      'Events as CloudEvents 1.0.',
      Type.Object(
        {
          data: Type.Array(cloudEventSchema(names)),
          meta: Type.Object(
            {
              next: { ...Cursor, description: 'For the next request, as `after`.' },
              head: { ...Cursor, description: 'After the last event there was.' },
              count: Type.Integer({ minimum: 0, description: 'How many events are in this answer.' }),
            },
            { title: 'EventPageMeta' },
          ),
        },
        { title: 'EventPage' },
      ),
    ),
    ...problems(400, 401, 403, 500),
    ...problem(409, ['cursor_ahead', 'cursor_of_another_epoch'], otherCursors),
    ...problem(410, ['cursor_expired'], otherCursors),
    ...problem(503, [...commonCodes[503], 'feed_unavailable']),
  },
})

export type EventRoutes = {
  feed: FeedReader
  names: EventNames
  verifyToken: VerifyToken
  maxWaiting?: number
}

export const eventRoutes: FastifyPluginAsyncTypebox<EventRoutes> = async (
  app,
  { feed, names, verifyToken, maxWaiting = 100 },
) => {
  app.addHook('onRequest', authenticate(verifyToken))
  app.addHook('onRequest', requireRole('admin'))
  let waiting = 0

  /** Returns the events after a cursor. Throws for a cursor that is not of this feed, even if it was a moment ago. */
  async function read(
    cursor: FeedCursor | undefined,
    { types, limit = defaultLimit }: Query,
  ): Promise<FeedPage> {
    const page = await feed.read(cursor?.position, limit, types?.split(','))
    if (cursor) checkCursor(cursor, page.state)
    return page
  }

  async function readFirst(query: Query): Promise<FeedPage> {
    const { after } = query
    if (after !== 'latest') return read(after === undefined ? undefined : parseCursor(after), query)
    const state = await feed.readState()
    return { events: [], lookedUpTo: state.head, state }
  }

  /** While there is nothing, waits for more, as long as the client is there and the service is not draining. */
  async function readOrWait(query: Query, reply: FastifyReply): Promise<FeedPage> {
    let page = await readFirst(query)
    const { wait = 0 } = query
    if (wait === 0 || !isAtHead(page) || waiting >= maxWaiting) return page
    const ending = AbortSignal.any([AbortSignal.timeout(wait * 1000), closed(reply)])
    const { epoch } = page.state
    waiting++
    try {
      while (isAtHead(page)) {
        await feed.wait(page.lookedUpTo, ending)
        if (ending.aborted || app.lifecycle.draining) return page
        page = await read({ epoch, position: page.lookedUpTo }, query)
      }
      return page
    } finally {
      waiting--
    }
  }

  app.get('/admin/events', { schema: listEventsSchema(names) }, async ({ query }, reply) => {
    const { events, lookedUpTo, state } = await readOrWait(query, reply)
    const { epoch, head } = state
    const meta = {
      next: formatFeedCursor({ epoch, position: lookedUpTo }),
      head: formatFeedCursor({ epoch, position: head }),
      count: events.length,
    }
    const data = events.map(({ json }) => json).join()
    // as text, so that an event has the same bytes here as everywhere
    reply.type('application/json; charset=utf-8')
    return reply.send(`{"data":[${data}],"meta":${JSON.stringify(meta)}}` as never)
  })
}

const isAtHead = ({ events, lookedUpTo, state }: FeedPage) => events.length === 0 && lookedUpTo >= state.head

function closed({ raw }: FastifyReply): AbortSignal {
  const ending = new AbortController()
  raw.once('close', () => ending.abort())
  return ending.signal
}
