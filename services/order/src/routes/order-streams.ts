import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { commonCodes, problem, problems } from '@shop/service/http/responses'
import { Counter, Gauge, type Registry } from 'prom-client'
import { Type } from 'typebox'
import { cursorPattern, parseCursor } from '../streams/feed-cursor.ts'
import type { OrderStreams } from '../streams/order-streams.ts'

const Cursor = (description: string) =>
  Type.Optional(
    Type.String({ pattern: cursorPattern, maxLength: 60, description, examples: ['5f3a9c1e.1024'] }),
  )

const streamType = 'text/event-stream'

const streamOrdersSchema = {
  summary: "What happens to the caller's own orders, as it happens",
  description:
    'Server-sent events. `event` is the type of an event in the history of an order, `data` is the order after it as JSON, and `id` is a cursor: with it, a stream goes on where another one ended. It also comes without an event, at the start and every 10 seconds. The stream ends when the access token expires, at the latest after an hour, and when the service shuts down.',
  tags: ['orders'],
  operationId: 'streamOrders',
  security: bearerSecurity,
  headers: Type.Object({
    'last-event-id': Cursor(
      'The last id received: the stream goes on after it. Takes precedence over after.',
    ),
  }),
  querystring: Type.Object(
    { after: Cursor('The same as Last-Event-ID. Without both, the stream begins with the next event.') },
    { additionalProperties: false },
  ),
  response: {
    200: {
      description: 'The stream.',
      headers: {
        'X-Accel-Buffering': {
          type: 'string',
          enum: ['no'],
          description: 'Lets proxies pass on each event as it comes.',
        },
      },
      content: { [streamType]: { schema: Type.String() } },
    },
    ...problems(400, 401, 500),
    ...problem(409, ['cursor_ahead', 'cursor_of_another_epoch']),
    ...problem(410, ['cursor_expired']),
    ...problem(429, ['too_many_streams']),
    ...problem(503, [...commonCodes[503], 'feed_unavailable', 'not_ready', 'streams_busy']),
  },
}

export type OrderStreamRoutes = { orderStreams: OrderStreams; verifyToken: VerifyToken }

export const orderStreamRoutes: FastifyPluginAsyncTypebox<OrderStreamRoutes> = async (
  app,
  { orderStreams, verifyToken },
) => {
  app.addHook('onRequest', authenticate(verifyToken))
  // after the drain delay, when other replicas get the requests of clients that come back
  app.addHook('preClose', (done) => {
    orderStreams.close()
    done()
  })
  registerStreamMetrics(app.metrics, orderStreams)

  app.get(
    '/orders/stream',
    { schema: streamOrdersSchema, config: { longLived: true } },
    async (request, reply) => {
      const { 'last-event-id': lastEventId } = request.headers
      const { after = undefined } = request.query
      const cursor = lastEventId ?? after
      const parameter = lastEventId === undefined ? 'after' : 'last-event-id'
      const options = {
        userId: request.user.id,
        tokenExpiresAt: request.tokenExpiresAt,
        after: cursor === undefined ? undefined : parseCursor(cursor, parameter),
        connection: { waitingBytes: () => reply.raw.writableLength, cut: () => void reply.raw.destroy() },
        log: request.log,
      }
      const content = request.method === 'HEAD' ? Readable.from([]) : await orderStreams.openStream(options)
      return (
        reply
          // a proxy that compressed it would keep events back
          .header('cache-control', 'no-store, no-transform')
          .header('x-accel-buffering', 'no')
          .type(streamType)
          .send(content as never)
      )
    },
  )
}

function registerStreamMetrics(registry: Registry, streams: OrderStreams) {
  new Gauge({
    name: 'order_streams_open',
    help: 'Streams of events that are open',
    registers: [registry],
    collect() {
      this.set(streams.openStreams())
    },
  })
  new Counter({
    name: 'order_streams_ended_total',
    help: 'Streams of events that have ended, by the reason',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [reason, count] of streams.endedStreams()) this.inc({ reason }, count)
    },
  })
}
