import { setTimeout } from 'node:timers/promises'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { Agent, type Dispatcher, request } from 'undici'
import { type Config, integer } from '../config.ts'
import { isTraced } from '../tracing.ts'
import { conforms } from '../validation.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'
import { parseJson } from './json.ts'
import type { ClientMetrics } from './metrics.ts'
import {
  type Answer,
  describe,
  kindOf,
  mayBeTemporary,
  type Outcome,
  toError,
  unavailable,
} from './outcome.ts'
import { traceparentOf } from './trace-context.ts'

/** On whose behalf a call is made: the headers to forward, and the logger for failures. */
export type CallContext = {
  requestId: string
  log: FastifyBaseLogger
  /** The caller's own Authorization; left out where the upstream does not need it. */
  authorization?: string | undefined
  traceparent?: string | undefined
  tracestate?: string | undefined
  /** How many requests the call is made for; 1 when absent. */
  requests?: number
}

/** Returns the context for calls made while answering `request`. */
export function callContext({ id, log, headers }: FastifyRequest): CallContext {
  const { authorization, tracestate } = headers
  return {
    requestId: id,
    log,
    authorization,
    traceparent: traceparentOf(headers),
    tracestate: typeof tracestate === 'string' ? tracestate : undefined,
  }
}

export type ServiceClient = ReturnType<typeof createServiceClient>

export const clientSettings = {
  upstreamTimeoutMs: integer('UPSTREAM_TIMEOUT_MS', {
    meaning: 'How long a call to another service may take, including its retry, in milliseconds',
    min: 50,
    max: 60_000,
    default: 2000,
  }),
  upstreamBreakerThreshold: integer('UPSTREAM_BREAKER_THRESHOLD', {
    meaning: 'After this many failed calls in a row, calls to another service are suspended',
    min: 1,
    max: 1000,
    default: 5,
  }),
  upstreamBreakerOpenMs: integer('UPSTREAM_BREAKER_OPEN_MS', {
    meaning: 'How long calls are suspended, in milliseconds',
    min: 100,
    max: 600_000,
    default: 1000,
  }),
}

export type ClientConfig = Config<typeof clientSettings>

/** In bytes; well above one resource. */
const defaultMaxResponseSize = 64 * 1024

/**
 * Returns the wait before the one retry, in milliseconds; random, so that callers do not all retry at the
 * same time.
 */
const retryDelayMs = () => 50 + Math.random() * 100

/**
 * Returns a client for one other service. It has only `get`, because nothing else may be retried. It never
 * follows redirects, never inflates an answer (so a small one cannot become large), and calls only the
 * configured origin.
 */
export function createServiceClient(options: {
  /** The other service's name, for logs and messages. */
  name: string
  baseUrl: string
  config: ClientConfig
  /** The size of the largest answer that is read, in bytes; 64 KiB when absent. */
  maxResponseSize?: number
  metrics?: ClientMetrics
  /** For tests: replaces real connections. */
  dispatcher?: Dispatcher
}) {
  const { name, config, metrics, maxResponseSize = defaultMaxResponseSize } = options
  const base = new URL(options.baseUrl)
  const prefix = base.pathname.replace(/\/$/, '')
  const dispatcher = options.dispatcher ?? new Agent({ connections: 64, maxResponseSize })
  const breaker = createCircuitBreaker({
    threshold: config.upstreamBreakerThreshold,
    openMs: config.upstreamBreakerOpenMs,
  })
  metrics?.watchBreaker(name, breaker.isOpen)

  /** One attempt. Errors are returned as an outcome. */
  async function attempt(path: string, context: CallContext, signal: AbortSignal): Promise<Outcome> {
    try {
      const {
        statusCode: status,
        headers,
        body,
      } = await request(base.origin + prefix + path, {
        dispatcher,
        signal,
        headers: forwardedHeaders(context),
      })
      if (status !== 200) {
        await body.dump({ limit: maxResponseSize, signal })
        return { status }
      }
      const readable =
        !headers['content-encoding'] && /^application\/json\b/.test(String(headers['content-type']))
      return { status, body: readable ? parse(await body.arrayBuffer()) : undefined }
    } catch (error) {
      return { error: error as Error, timedOut: signal.aborted }
    }
  }

  async function attemptTwice(path: string, context: CallContext): Promise<Outcome> {
    const signal = AbortSignal.timeout(config.upstreamTimeoutMs)
    const first = await attempt(path, context, signal)
    if (!mayBeTemporary(first)) return first
    context.log.warn(
      { upstream: name, path: loggable(path), ...describe(first) },
      'upstream call failed, retrying once',
    )
    await setTimeout(retryDelayMs(), undefined, { signal }).catch(() => undefined)
    return signal.aborted ? first : attempt(path, context, signal)
  }

  return {
    /**
     * GETs `path` and returns the body, which must conform to `schema`: the fields that we read. Throws
     * NotFoundError of `resource` for 404, UnauthorizedError for 401, ForbiddenError for 403, BadGatewayError
     * for an invalid answer, GatewayTimeoutError, and ServiceUnavailableError while the service is
     * unreachable or calls are suspended.
     */
    async get<Schema extends TSchema>(
      path: string,
      { schema, resource }: { schema: Schema; resource: string },
      context: CallContext,
    ): Promise<Static<Schema>> {
      if (!breaker.allows()) throw unavailable(name, { retryAfterSeconds: breaker.secondsUntilTrial() })
      const startedAt = performance.now()
      const outcome = await attemptTwice(path, context)
      const error = toError(outcome, { name, resource, isValid: (body) => conforms(schema, body) })
      metrics?.observeCall(name, kindOf(outcome, error), (performance.now() - startedAt) / 1000)
      // An upstream that answers is healthy, even if it refuses or its answer is invalid: that may concern
      // this one product, and must not stop calls for others
      if ('status' in outcome && outcome.status < 500) breaker.succeeded()
      // A call that timed out has cost each of its requests the whole wait. Other failures are quick, and soon as many as
      // the threshold.
      else if (breaker.failed('error' in outcome && outcome.timedOut ? context.requests : 1))
        context.log.error({ upstream: name }, 'calls to the upstream are suspended')
      if (!error) return (outcome as Answer).body as Static<Schema>
      // a refusal concerns the request, and often only means a mistyped id
      context.log[error.status < 500 ? 'info' : 'warn'](
        { upstream: name, path: loggable(path), code: error.code, ...describe(outcome) },
        'upstream call failed',
      )
      throw error
    },

    close: () => dispatcher.close(),
  }
}

/** Returns the path without its query, which may name people. */
const loggable = (path: string) => path.split('?')[0]

/** The only headers that are sent to the upstream. */
function forwardedHeaders({ requestId, authorization, traceparent, tracestate }: CallContext) {
  return {
    accept: 'application/json',
    'x-request-id': requestId,
    ...(authorization && { authorization }),
    ...(!isTraced() && { ...(traceparent && { traceparent }), ...(tracestate && { tracestate }) }),
  }
}

function parse(bytes: ArrayBuffer): unknown {
  try {
    return parseJson(bytes)
  } catch {
    // no schema accepts undefined, so this becomes an invalid answer
    return undefined
  }
}
