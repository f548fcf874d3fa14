import { METHODS } from 'node:http'
import { allowOrigins, type Origins } from '@shop/service/http/cors'
import { handleError, httpRefusal } from '@shop/service/http/problem'
import { answerClientError, refuseMalformed } from '@shop/service/http/refusals'
import { requestId } from '@shop/service/http/request-id'
import { originForm } from '@shop/service/http/request-target'
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import { createForwarder } from './forward.ts'
import { builtPages } from './pages.ts'
import { servePages } from './serve-pages.ts'

export type GatewayOptions = {
  /** The origins of the services, such as http://127.0.0.1:3001. */
  upstreams: { user: string; product: string; order: string; relay: string }
  logger: FastifyBaseLogger
  /** Whether the operators' routes are public; closed, they lead nowhere, like any unknown path. */
  operatorsDoor: 'open' | 'closed'
  /** The origins whose pages may call the API; by default none. */
  corsOrigins?: Origins | undefined
  /** Where the built pages are (web/); they are 404 as long as they are missing. */
  webDir?: string
  /** Maximum time for a service to begin its answer, and between two parts of it, in milliseconds. */
  upstreamTimeoutMs?: number
  /** The same for answers that wait for events: GET /admin/events and GET /orders/stream. */
  waitingTimeoutMs?: number
  /** Maximum time for a client to accept nothing of an answer, in milliseconds. */
  clientTimeoutMs?: number
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
 * Returns the only public entry point, like nginx in production: a few path prefixes and the public keys lead
 * to the services; nothing else of the services (/metrics, their /docs) is reachable. It serves the contract of the whole
 * itself.
 */
export function buildGateway(options: GatewayOptions) {
  const {
    upstreams,
    logger,
    operatorsDoor,
    corsOrigins,
    webDir = builtPages,
    upstreamTimeoutMs = 15_000,
    waitingTimeoutMs = 45_000,
    clientTimeoutMs = 60_000,
  } = options
  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    rewriteUrl: originForm,
    routerOptions: { ignoreTrailingSlash: true },
    bodyLimit: bodyLimitBytes,
    requestTimeout: 15_000,
    connectionTimeout: clientTimeoutMs,
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
  allowOrigins(app, corsOrigins)
  app.setNotFoundHandler(() => {
    throw httpRefusal(404)
  })
  // bodies are read whole and forwarded whole, so that gateway and service agree where one ends
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', async ({ raw }) => {
    if (!plainTarget.test(raw.url ?? '')) throw httpRefusal(400)
    // as nginx does
    for (const header of ['if-match', 'if-none-match'])
      if ((raw.headersDistinct[header]?.length ?? 0) > 1) throw httpRefusal(400)
  })
  const forwarder = createForwarder()
  // before the server waits for answers in progress
  app.addHook('preClose', () => forwarder.breakOffStreams())
  app.addHook('onClose', () => forwarder.close())

  for (const method of methods)
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true })

  const routes = {
    '/users': upstreams.user,
    '/users/*': upstreams.user,
    '/products': upstreams.product,
    '/products/*': upstreams.product,
    '/orders': upstreams.order,
    '/orders/*': upstreams.order,
    '/currencies': upstreams.order,
    ...(operatorsDoor === 'open' && {
      '/admin': upstreams.order,
      '/admin/*': upstreams.order,
      '/admin/events/*': upstreams.relay,
      '/admin/webhooks': upstreams.relay,
      '/admin/webhooks/*': upstreams.relay,
    }),
    '/.well-known/jwks.json': upstreams.user,
  }
  for (const [url, origin] of Object.entries(routes))
    app.route({
      url,
      method: methods,
      handler: forwarder.forwardTo({ origin, timeoutMs: upstreamTimeoutMs }),
    })
  const waiting = {
    '/orders/stream': { origin: upstreams.order, isStream: true },
    ...(operatorsDoor === 'open' && { '/admin/events': { origin: upstreams.relay } }),
  }
  for (const [url, target] of Object.entries(waiting)) {
    const handler = forwarder.forwardTo({ ...target, timeoutMs: waitingTimeoutMs })
    app.route({ url, method: methods, handler })
  }
  app.get('/healthz', async () => ({ status: 'ok' }))
  servePages(app, { methods, operatorsDoor, webDir })
  return app
}

/**
 * Segments of unreserved characters, and a query. None of our paths needs an escape, a dot segment or `//`,
 * which the gateway and a service could read differently.
 */
const plainTarget = /^(?:\/|(?:\/(?:\.well-known|[\w~-][\w.~-]*))+\/?)(?:\?[!"$-~]*)?$/
