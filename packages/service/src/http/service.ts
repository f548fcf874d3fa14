import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RouteOptions,
} from 'fastify'
import type { Logger } from 'pino'
import { allowOrigins, type Origins } from './cors.ts'
import { type DocumentationOptions, documentation } from './documentation.ts'
import { healthRoutes } from './health.ts'
import { acceptJsonOnly } from './json-body.ts'
import { observeDuration, registerMetrics } from './metrics.ts'
import { handleError } from './problem.ts'
import { readIntegers } from './query-integers.ts'
import { answerClientError, handleUnroutable } from './refusals.ts'
import { requestId } from './request-id.ts'
import { routableTarget } from './request-target.ts'
import { type SheddingLimits, shedExcess } from './shedding.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** `draining` is set once the process has been asked to stop: see shutdown.ts. */
    lifecycle: { draining: boolean }
  }
  interface FastifyContextConfig {
    /** Requests of probes and scrapers are logged at debug level. */
    quiet?: boolean
    /** The answer goes on until somebody leaves: its time is the time to its beginning, and it is logged then. */
    longLived?: boolean
  }
}

export type ServiceOptions = DocumentationOptions & {
  logger: Logger
  /** Rejects, with a message for the log, while the service cannot serve. It does not call other services. */
  checkReadiness: () => Promise<void>
  /** Maximum requests in progress; by default those of the settings. */
  limits?: SheddingLimits
  /** The origins whose pages may call the service; by default none. */
  corsOrigins?: Origins | undefined
  /**
   * When an idle socket is closed, e.g. of a client that does not read, in milliseconds; every answer must be ready sooner
   * than this. 30,000 when absent.
   */
  connectionTimeoutMs?: number
}

export type Service = ReturnType<typeof createService>

/** Maximum size of a request body, in bytes; larger ones are refused with 413. */
export const bodyLimitBytes = 64 * 1024

/**
 * Returns a Fastify instance with what every service has in common: strict validation, problem+json, request
 * ids, one log line per request, load shedding, /healthz, /readyz, /metrics, /openapi.json, /docs, limits and
 * time-outs.
 */
export function createService(options: ServiceOptions) {
  const app = Fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    // logRequest writes one line per request instead of two
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    rewriteUrl: routableTarget,
    bodyLimit: bodyLimitBytes,
    // time for a whole request to arrive (408); Fastify's default, none, lets a slow client hold a socket
    // forever
    requestTimeout: 15_000,
    connectionTimeout: options.connectionTimeoutMs ?? 30_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2000, maxHeaderSize: 16 * 1024 },
    // longer than proxies keep idle connections, so that we never close one that a proxy is about to use
    keepAliveTimeout: 75_000,
    return503OnClosing: false,
    // the route's schema judges a path parameter, however long
    routerOptions: { maxParamLength: 16 * 1024 },
    ajv: {
      // verbose: a failure then includes its schema, so the answer can name what was expected
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: true,
        allErrors: true,
        verbose: true,
      },
    },
    clientErrorHandler: answerClientError,
    frameworkErrors: handleError as never,
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.decorate('lifecycle', { draining: false })
  app.decorateRequest('user')
  app.decorateRequest('tokenExpiresAt')
  app.decorateRequest('tokenRefused')
  acceptJsonOnly(app)
  app.setErrorHandler(handleError)
  // before the routes that it describes
  documentation(app, options)
  registerMetrics(app)
  addHooks(app, options)
  app.register(healthRoutes, options)
  return app
}

/**
 * The path of a request, in this order. Hooks of one kind run in the order in which they are added, those of
 * a service's routes after these.
 *
 *     server        excess requests are refused before the framework sees them: shedding.ts
 *     framework     its id: request-id.ts; its target: request-target.ts; its route, or 404 and 405: refusals.ts
 *     onRequest     framing is checked; headers of every answer; pages of other origins: cors.ts; then the routes
 *                   authenticate: auth/authenticate.ts
 *     parsing       the body, of 64 KiB at most, as JSON: json-body.ts
 *     preValidation integers in the query: query-integers.ts
 *     validation    by the route's schema: validation-details.ts
 *     preHandler    from here on it counts as in progress: shedding.ts
 *     handler
 *     onSend        it no longer counts; while draining, the connection is closed
 *     onResponse    one line in the log; its duration in the metrics (for long-lived answers, in onSend)
 *
 * Errors thrown at any stage are answered in one place: problem.ts.
 */
function addHooks(app: FastifyInstance, { limits, corsOrigins }: ServiceOptions) {
  shedExcess(app, limits, corsOrigins)
  handleUnroutable(app)
  app.addHook('onRequest', setCommonHeaders)
  allowOrigins(app, corsOrigins)
  app.addHook('onRoute', readIntegers)
  app.addHook('onSend', closeWhileDraining)
  app.addHook('onRoute', reportLongLivedAtBeginning)
  app.addHook('onResponse', (request, reply, done) => {
    // once: Fastify makes a new object for each reading
    const { routeOptions } = request
    if (!routeOptions.config?.longLived) reportAnswer(request, reply, routeOptions)
    done()
  })
}

// Hooks use callbacks: one more promise per request is measurable.

function setCommonHeaders(request: FastifyRequest, reply: FastifyReply, done: () => void) {
  reply.header('x-request-id', request.id)
  reply.header('x-content-type-options', 'nosniff')
  done()
}

/** In onSend, so that requests in progress when draining begins also end their connection. */
function closeWhileDraining(
  { server }: FastifyRequest,
  reply: FastifyReply,
  _payload: unknown,
  done: () => void,
) {
  if (server.lifecycle.draining) reply.header('connection', 'close')
  done()
}

/** An onRoute hook. In a hook of such routes alone, so that no other answer pays for it. */
function reportLongLivedAtBeginning(route: RouteOptions) {
  if (!route.config?.longLived) return
  const report = (request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void) => {
    reportAnswer(request, reply, request.routeOptions)
    done()
  }
  route.onSend = [...[route.onSend ?? []].flat(), report]
}

type Route = FastifyRequest['routeOptions']

function reportAnswer(request: FastifyRequest, reply: FastifyReply, route: Route) {
  logRequest(request, reply, route)
  observeDuration(request, reply, route)
}

function logRequest(request: FastifyRequest, reply: FastifyReply, { url, config }: Route) {
  const line = {
    method: request.method,
    route: url,
    status: reply.statusCode,
    durationMs: reply.elapsedTime,
    userId: request.user?.id,
    tokenRefused: request.tokenRefused,
  }
  if (config?.quiet) request.log.debug(line, 'request')
  else request.log.info(line, 'request')
}
