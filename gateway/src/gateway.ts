import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { AppError } from '@shop/service/errors'
import { handleError, httpRefusal } from '@shop/service/http/problem'
import { answerClientError, refuseMalformed } from '@shop/service/http/refusals'
import { requestId } from '@shop/service/http/request-id'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { Agent, type Dispatcher, errors } from 'undici'

export type GatewayOptions = {
  /** The origins of the services, such as http://127.0.0.1:3001. */
  upstreams: { user: string; product: string; order: string }
  logger: FastifyBaseLogger
  /** How long a service may take, to the last byte of its answer. */
  upstreamTimeoutMs?: number
}

const bodyLimitBytes = 64 * 1024
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * The one public door, as nginx is in production: three path prefixes and the public keys lead to the services, and
 * nothing else of theirs (/metrics, /docs) can be reached.
 */
export function buildGateway({ upstreams, logger, upstreamTimeoutMs = 15_000 }: GatewayOptions) {
  const agent = new Agent({ connections: 128 })
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    bodyLimit: bodyLimitBytes,
    requestTimeout: 15_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2000, maxHeaderSize: 16 * 1024 },
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: handleError as never,
  })
  app.setErrorHandler(handleError)
  refuseMalformed(app)
  app.setNotFoundHandler(() => {
    throw httpRefusal(404)
  })
  // Bodies are taken whole and sent on whole, so that no two ideas of where one ends can differ
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    if (!plainTarget.test(request.raw.url ?? '') || !hasOneHost(request.raw)) throw httpRefusal(400)
  })
  app.addHook('onClose', () => agent.close())

  function forward(origin: string) {
    return async (request: FastifyRequest, reply: FastifyReply) => {
      const answer = await agent
        .request({
          origin,
          path: request.raw.url as string,
          method: request.method as Dispatcher.HttpMethod,
          headers: requestHeaders(request),
          body: (request.body as Buffer | undefined) ?? null,
          signal: AbortSignal.timeout(upstreamTimeoutMs),
        })
        .catch((cause) => {
          throw upstreamError(cause)
        })
      return reply.code(answer.statusCode).headers(answerHeaders(answer.headers)).send(answer.body)
    }
  }

  const routes = {
    '/users': upstreams.user,
    '/users/*': upstreams.user,
    '/products': upstreams.product,
    '/products/*': upstreams.product,
    '/orders': upstreams.order,
    '/orders/*': upstreams.order,
    '/.well-known/jwks.json': upstreams.user,
  }
  for (const [url, origin] of Object.entries(routes))
    app.route({ url, method: methods, handler: forward(origin) })
  app.get('/healthz', async () => ({ status: 'ok' }))
  return app
}

/**
 * Segments of unreserved characters, and a query. No path of ours needs an escape, a dot segment or `//`; they could
 * only mean one thing to whoever chooses the service and another to the service.
 */
const plainTarget = /^(?:\/|(?:\/(?:\.well-known|[\w~-][\w.~-]*))+\/?)(?:\?[!"$-~]*)?$/

/** Node takes the first of several, and any text for a host; whoever is in front of us may have taken another (RFC 9112, section 3.2). */
function hasOneHost({ rawHeaders, headers: { host }, httpVersion }: IncomingMessage): boolean {
  const count = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
  if (count === 0) return httpVersion === '1.0'
  return count === 1 && /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d*)?$/i.test(host ?? '')
}

/** Headers that speak about one connection, not about the message (RFC 9110, section 7.6.1), or that are made anew. */
const hopHeaders = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What a client could write to pass for somebody else. As in nginx, names with an underscore count as forged. */
const forgeable = /^x-user-|^x-forwarded-|^x-real-ip$|^forwarded$|_/

function requestHeaders(request: FastifyRequest): IncomingHttpHeaders {
  return {
    ...endToEnd(request.headers, (name) => forgeable.test(name)),
    'x-request-id': request.id,
    'x-forwarded-for': request.socket.remoteAddress,
    'x-forwarded-proto': 'http',
  }
}

function answerHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { 'content-length': length, ...rest } = headers
  const kept = endToEnd(rest, (name) => name === 'x-request-id')
  return length === undefined ? kept : { ...kept, 'content-length': length }
}

function endToEnd(headers: IncomingHttpHeaders, isDropped: (name: string) => boolean): IncomingHttpHeaders {
  const named = headers.connection?.toLowerCase().split(/[\s,]+/) ?? []
  const kept = Object.entries(headers).filter(
    ([name]) => !hopHeaders.has(name) && !named.includes(name) && !isDropped(name),
  )
  return Object.fromEntries(kept)
}

function upstreamError(cause: unknown): AppError {
  const late =
    cause instanceof errors.ConnectTimeoutError || (cause instanceof Error && cause.name === 'TimeoutError')
  return late
    ? new AppError(504, 'gateway_timeout', 'The service behind this path took too long.', { cause })
    : new AppError(502, 'bad_gateway', 'The service behind this path does not answer.', { cause })
}
