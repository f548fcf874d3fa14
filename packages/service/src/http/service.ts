import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Logger } from 'pino'
import { Type } from 'typebox'
import { ServiceUnavailableError } from '../errors.ts'
import { documentation } from './documentation.ts'
import { countRequests } from './metrics.ts'
import { operationTag } from './openapi.ts'
import { answerClientError, decodableUrl, handleError, handleUnroutable } from './problem.ts'
import { readIntegers } from './query-integers.ts'
import { requestId } from './request-id.ts'
import { problems, success } from './responses.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** `draining` is set when the process has been asked to end: see run.ts. */
    lifecycle: { draining: boolean }
  }
  interface FastifyContextConfig {
    /** Requests that machines make all the time are logged at debug level only. */
    quiet?: boolean
  }
}

export type ServiceOptions = {
  title: string
  description: string
  logger: Logger
  /** Rejects, with a message for the log, while the service cannot serve. Neighbours are none of its business. */
  checkReadiness: () => Promise<void>
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
    rewriteUrl: decodableUrl,
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
  app.decorateRequest('tokenRefused')
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler(handleError)
  handleUnroutable(app)
  app.addHook('onRoute', readIntegers)
  // callbacks, because a promise more on each request is felt
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    done()
  })
  // On sending, not on request: the connection of a request that was under way when draining began must not stay either
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (app.lifecycle.draining) reply.header('connection', 'close')
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request
    const line = {
      method,
      route: routeOptions.url,
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
      userId: request.user?.id,
      tokenRefused: request.tokenRefused,
    }
    if (routeOptions.config?.quiet) request.log.debug(line, 'request')
    else request.log.info(line, 'request')
    done()
  })
  // first, because it describes what is registered after it
  documentation(app, options)
  countRequests(app)
  app.register(healthRoutes, options)
  return app
}

const getHealthSchema = {
  summary: 'Whether the process lives',
  tags: [operationTag],
  operationId: 'getHealth',
  response: { 200: success('It does.', Type.Object({ status: Type.Literal('ok') })) },
}

const getReadinessSchema = {
  summary: 'Whether it should be sent requests',
  tags: [operationTag],
  operationId: 'getReadiness',
  response: { 200: success('It should.', Type.Object({ status: Type.Literal('ready') })), ...problems(503) },
}

/** GET /healthz says that the process lives, and touches nothing; GET /readyz, whether it should be sent requests. */
async function healthRoutes(app: FastifyInstance, { checkReadiness }: ServiceOptions) {
  app.get('/healthz', { schema: getHealthSchema, config: { quiet: true } }, async () => ({ status: 'ok' }))

  app.get('/readyz', { schema: getReadinessSchema, config: { quiet: true } }, async () => {
    if (app.lifecycle.draining) throw new ServiceUnavailableError('not_ready', 'The service is about to end.')
    await checkReadiness().catch((cause) => {
      throw new ServiceUnavailableError('not_ready', 'The service cannot serve at present.', { cause })
    })
    return { status: 'ready' }
  })
}
