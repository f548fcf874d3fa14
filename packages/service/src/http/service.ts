import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Logger } from 'pino'
import { documentation } from './documentation.ts'
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
    /** `draining` is set when the process has been asked to end: see shutdown.ts. */
    lifecycle: { draining: boolean }
  }
  interface FastifyContextConfig {
    /** Requests that machines make all the time are logged at debug level only. */
    quiet?: boolean
  }
}

export type ServiceOptions = {
  title: string
  /** Of the service, for its OpenAPI document. */
  version: string
  description: string
  logger: Logger
  /** Rejects, with a message for the log, while the service cannot serve. Neighbours are none of its business. */
  checkReadiness: () => Promise<void>
  /** How many requests are worked on at a time; by default as many as the settings have by default. */
  limits?: SheddingLimits
}

export type Service = ReturnType<typeof createService>

/** A request body larger than this is refused with 413, in bytes. */
export const bodyLimitBytes = 64 * 1024

/**
 * A Fastify instance with what every service has alike: strict validation, problem+json, request ids, one log line
 * a request, /healthz, /readyz, /metrics, /openapi.json, /docs, limits and time-outs.
 */
export function createService(options: ServiceOptions) {
  const app = Fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    // we log one line a request, below, instead of two
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    rewriteUrl: routableTarget,
    bodyLimit: bodyLimitBytes,
    // A whole request must arrive within this time (408); Node's own default, none, lets a slow client hold a socket for ever
    requestTimeout: 15_000,
    // A socket on which nothing moves for so long, e.g. because its client does not read, is closed; an answer takes less
    connectionTimeout: 30_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2000, maxHeaderSize: 16 * 1024 },
    // longer than a proxy keeps its idle connections, so that it is never us who closes one that it is about to use
    keepAliveTimeout: 75_000,
    return503OnClosing: false,
    // a path parameter of any length that a request line can have is for the route's schema to judge
    routerOptions: { maxParamLength: 16 * 1024 },
    ajv: {
      // verbose: a failure then knows its schema, and the answer can say what was expected
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
  acceptJsonOnly(app)
  app.setErrorHandler(handleError)
  // before all routes, which it describes
  documentation(app, options)
  registerMetrics(app)
  addHooks(app, options.limits)
  app.register(healthRoutes, options)
  return app
}

/**
 * The way of a request, in this order. Hooks of one kind run in the order in which they are added, those of a
 * service's routes after these.
 *
 *     server        beyond the limits it is refused, before the framework sees it: shedding.ts
 *     framework     its id: request-id.ts; its target: request-target.ts; its route, or 404 and 405: refusals.ts
 *     onRequest     framing is checked; headers of every answer; then the routes authenticate: auth/authenticate.ts
 *     parsing       the body, of 64 KiB at most, as JSON: json-body.ts
 *     preValidation integers in the query: query-integers.ts
 *     validation    by the route's schema: validation-details.ts
 *     preHandler    from here on it counts as under way
 *     handler
 *     onSend        it no longer counts; while draining, the connection ends
 *     onResponse    one line in the log; its duration in the metrics
 *
 * An error from anywhere in between is answered in one place: problem.ts.
 */
function addHooks(app: FastifyInstance, limits?: SheddingLimits) {
  shedExcess(app, limits)
  handleUnroutable(app)
  app.addHook('onRequest', setCommonHeaders)
  app.addHook('onRoute', readIntegers)
  app.addHook('onSend', closeWhileDraining)
  app.addHook('onResponse', logRequest)
  app.addHook('onResponse', observeDuration)
}

// hooks with callbacks, because a promise more on each request is felt

function setCommonHeaders(request: FastifyRequest, reply: FastifyReply, done: () => void) {
  reply.header('x-request-id', request.id)
  reply.header('x-content-type-options', 'nosniff')
  done()
}

/** On sending, not on request: the connection of a request that was under way when draining began must not stay either. */
function closeWhileDraining(
  { server }: FastifyRequest,
  reply: FastifyReply,
  _payload: unknown,
  done: () => void,
) {
  if (server.lifecycle.draining) reply.header('connection', 'close')
  done()
}

function logRequest(request: FastifyRequest, reply: FastifyReply, done: () => void) {
  const { method, routeOptions } = request
  const line = {
    method,
    route: routeOptions.url,
    status: reply.statusCode,
    durationMs: reply.elapsedTime,
    userId: request.user?.id,
  }
  if (routeOptions.config?.quiet) request.log.debug(line, 'request')
  else request.log.info(line, 'request')
  done()
}
