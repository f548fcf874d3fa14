import { randomUUID } from 'node:crypto'
import { type IncomingHttpHeaders, METHODS } from 'node:http'
import { AppError } from '@shop/service/errors'
import { handleError, httpRefusal } from '@shop/service/http/problem'
import { answerClientError, refuseMalformed } from '@shop/service/http/refusals'
import { requestId } from '@shop/service/http/request-id'
import { originForm } from '@shop/service/http/request-target'
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
  /** Maximum time for a service to finish its answer, in milliseconds. */
  upstreamTimeoutMs?: number
}

const bodyLimitBytes = 64 * 1024
/** The service decides which of these a path supports. */
const methods = METHODS.filter((method) => method !== 'CONNECT')

const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

/**
 * Returns the only public entry point, like nginx in production: three path prefixes and the public keys lead
 * to the services; nothing else of the services (/metrics, /docs) is reachable.
 */
export function buildGateway({ upstreams, logger, upstreamTimeoutMs = 15_000 }: GatewayOptions) {
  const agent = new Agent({ connections: 128 })
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    rewriteUrl: originForm,
    routerOptions: { ignoreTrailingSlash: true },
    bodyLimit: bodyLimitBytes,
    requestTimeout: 15_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2000, maxHeaderSize: 16 * 1024 },
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: handleError as never,
  })
  app.setErrorHandler(handleError)
  // first, so that refusals have them too
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, ...securityHeaders })
  })
  refuseMalformed(app)
  app.setNotFoundHandler(() => {
    throw httpRefusal(404)
  })
  // bodies are read whole and forwarded whole, so that gateway and service agree where one ends
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', async ({ raw }) => {
    if (!plainTarget.test(raw.url ?? '')) throw httpRefusal(400)
  })
  app.addHook('onClose', () => agent.close())

  for (const method of methods)
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true })

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
 * Segments of unreserved characters, and a query. None of our paths needs an escape, a dot segment or `//`,
 * which the gateway and a service could read differently.
 */
const plainTarget = /^(?:\/|(?:\/(?:\.well-known|[\w~-][\w.~-]*))+\/?)(?:\?[!"$-~]*)?$/

/**
 * Only these headers reach a service, as in nginx.conf; all others are dropped, above all X-User-* and
 * X-Forwarded-*.
 */
const passedOn = [
  'accept',
  'authorization',
  'content-encoding',
  'content-type',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'user-agent',
]

function requestHeaders(request: FastifyRequest): IncomingHttpHeaders {
  return {
    ...Object.fromEntries(passedOn.map((name) => [name, request.headers[name]])),
    // each line by itself: joined, the end of `key, ` would be cut off on the way and leave another key
    'idempotency-key': request.raw.headersDistinct['idempotency-key'],
    ...(isRepeatable(request) && { 'x-gateway-idempotency-key': randomUUID() }),
    'x-request-id': request.id,
    'x-forwarded-for': request.socket.remoteAddress,
    'x-forwarded-proto': 'http',
  }
}

/** The gateway adds its own key to an order, which counts if the client sent none. */
const isRepeatable = ({ method, raw }: FastifyRequest) =>
  method === 'POST' && /^\/orders\/?(?:\?|$)/.test(raw.url ?? '')

/**
 * Response headers that belong to one connection (RFC 9110, section 7.6.1) or that the gateway sets itself.
 */
const ownHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
])

function answerHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = headers.connection?.toLowerCase().split(/[\s,]+/) ?? []
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ownHeaders.has(name) && !named.includes(name)),
  )
}

function upstreamError(cause: unknown): AppError {
  const late =
    cause instanceof errors.ConnectTimeoutError || (cause instanceof Error && cause.name === 'TimeoutError')
  return late
    ? new AppError(504, 'gateway_timeout', 'The service behind this path took too long.', { cause })
    : new AppError(502, 'bad_gateway', 'The service behind this path does not answer.', { cause })
}
