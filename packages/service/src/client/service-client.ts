import { setTimeout } from 'node:timers/promises'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { Agent, type Dispatcher, request } from 'undici'
import { type Config, integer } from '../config.ts'
import {
  type AppError,
  BadGatewayError,
  ForbiddenError,
  GatewayTimeoutError,
  NotFoundError,
  ServiceUnavailableError,
  UnauthorizedError,
} from '../errors.ts'
import { conforms } from '../validation.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'

/** Whom a call is made for: the headers that are forwarded, and the log that failures go to. */
export type CallContext = {
  requestId: string
  log: FastifyBaseLogger
  /** The caller's own Authorization; left out where the upstream does not need it. */
  authorization?: string | undefined
  traceparent?: string | undefined
  tracestate?: string | undefined
}

/** The context of calls that are made to answer `request`. */
export function callContext({ id, log, headers }: FastifyRequest): CallContext {
  const { authorization, traceparent, tracestate } = headers
  return {
    requestId: id,
    log,
    authorization,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    tracestate: typeof tracestate === 'string' ? tracestate : undefined,
  }
}

export type ServiceClient = ReturnType<typeof createServiceClient>

export const clientSettings = {
  upstreamTimeoutMs: integer('UPSTREAM_TIMEOUT_MS', {
    meaning: 'How long a call to another service may take in all, its retry included, in milliseconds',
    min: 50,
    max: 60_000,
    default: 2000,
  }),
  upstreamBreakerThreshold: integer('UPSTREAM_BREAKER_THRESHOLD', {
    meaning: 'After this many failed calls in a row another service is not called for a while',
    min: 1,
    max: 1000,
    default: 5,
  }),
  upstreamBreakerOpenMs: integer('UPSTREAM_BREAKER_OPEN_MS', {
    meaning: 'How long that while is, in milliseconds',
    min: 100,
    max: 600_000,
    default: 1000,
  }),
}

export type ClientConfig = Config<typeof clientSettings>

/** No answer that we read is anywhere near this size, in bytes. */
const maxResponseSize = 64 * 1024

/** How long to wait before the one retry, in milliseconds: at random, so that many callers do not come back at once. */
const retryDelayMs = () => 50 + Math.random() * 100

/**
 * A client for one other service. Only `get` for now: nothing else that the services do to one another may be repeated.
 * It never follows redirects, asks for no compression (undici's request does not inflate either, so a small answer cannot
 * become a large one), and calls no origin but the configured one.
 */
export function createServiceClient(options: {
  /** The other service, as logs and messages call it. */
  name: string
  baseUrl: string
  config: ClientConfig
  /** For tests: what carries the requests instead of real connections. */
  dispatcher?: Dispatcher
}) {
  const { name, config } = options
  const base = new URL(options.baseUrl)
  const prefix = base.pathname.replace(/\/$/, '')
  const dispatcher = options.dispatcher ?? new Agent({ connections: 64, maxResponseSize })
  const breaker = createCircuitBreaker({
    threshold: config.upstreamBreakerThreshold,
    openMs: config.upstreamBreakerOpenMs,
  })

  /** One try. What goes wrong on the way is an outcome like any other. */
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
      return { status, body: readable ? parse(await body.text()) : undefined }
    } catch (error) {
      return { error: error as Error, timedOut: signal.aborted }
    }
  }

  async function attemptTwice(path: string, context: CallContext): Promise<Outcome> {
    const signal = AbortSignal.timeout(config.upstreamTimeoutMs)
    const first = await attempt(path, context, signal)
    if (!mayPass(first)) return first
    context.log.warn({ upstream: name, path, ...describe(first) }, 'upstream call failed, trying once more')
    await setTimeout(retryDelayMs(), undefined, { signal }).catch(() => undefined)
    return signal.aborted ? first : attempt(path, context, signal)
  }

  return {
    /**
     * GETs `path` and returns the body when it has the shape of `schema`, which names the fields that we read.
     * Throws NotFoundError of `resource` for 404, UnauthorizedError for 401, ForbiddenError for 403, BadGatewayError
     * for nonsense, GatewayTimeoutError, and ServiceUnavailableError for what cannot be reached or is not called at present.
     */
    async get<Schema extends TSchema>(
      path: string,
      { schema, resource }: { schema: Schema; resource: string },
      context: CallContext,
    ): Promise<Static<Schema>> {
      if (!breaker.allows()) throw unavailable(name, { retryAfterSeconds: breaker.secondsUntilTrial() })
      const outcome = await attemptTwice(path, context)
      const error = toError(outcome, { name, resource, isValid: (body) => conforms(schema, body) })
      // An upstream that answers is in good health, even if it says no or what we cannot read: that may be about this one
      // product, and must not keep others from theirs
      if ('status' in outcome && outcome.status < 500) breaker.succeeded()
      else if (breaker.failed()) context.log.error({ upstream: name }, 'calls to the upstream are suspended')
      if (!error) return (outcome as Answer).body as Static<Schema>
      // an upstream's no is about the request, and often no more than an id that was mistyped
      context.log[error.status < 500 ? 'info' : 'warn'](
        { upstream: name, path, code: error.code, ...describe(outcome) },
        'upstream call failed',
      )
      throw error
    },

    close: () => dispatcher.close(),
  }
}

type Answer = { status: number; body?: unknown }

type Outcome = Answer | { error: Error; timedOut: boolean }

/** Whether a second try has a chance: the upstream was not there, or said itself that this is a passing state. */
function mayPass(outcome: Outcome): boolean {
  if ('status' in outcome) return [502, 503, 504].includes(outcome.status)
  return !outcome.timedOut && isConnectionError(outcome.error)
}

/** A connection that was not made, or that broke before there was an answer. */
function isConnectionError(error: Error): boolean {
  return 'code' in error && connectionErrors.has(String(error.code))
}

const connectionErrors = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
])

/** The error that an outcome means to our own client, or nothing. The upstream's own words never get into it. */
function toError(
  outcome: Outcome,
  { name, resource, isValid }: { name: string; resource: string; isValid: (body: unknown) => boolean },
): AppError | undefined {
  if ('error' in outcome) {
    const cause = outcome.error
    if (outcome.timedOut)
      return new GatewayTimeoutError(`The ${name} service did not answer in time.`, { cause })
    if (isConnectionError(cause)) return unavailable(name, { cause })
    return new BadGatewayError(`The ${name} service gave no valid answer.`, { cause })
  }
  const { status, body } = outcome
  switch (status) {
    case 200:
      return isValid(body) ? undefined : new BadGatewayError(`The ${name} service gave no valid answer.`)
    case 401:
      return new UnauthorizedError('invalid_token', `The ${name} service refused the access token.`)
    case 403:
      return new ForbiddenError('upstream_forbidden', `The ${name} service does not allow this.`)
    case 404:
      return new NotFoundError(resource)
    case 429:
    case 503:
      return unavailable(name)
    default:
      return new BadGatewayError(`The ${name} service gave no valid answer.`)
  }
}

function unavailable(name: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}): AppError {
  return new ServiceUnavailableError('upstream_unavailable', `The ${name} service is not available.`, options)
}

const describe = (outcome: Outcome) =>
  'error' in outcome ? { err: outcome.error, timedOut: outcome.timedOut } : { upstreamStatus: outcome.status }

/** These and no others go to the upstream. */
function forwardedHeaders({ requestId, authorization, traceparent, tracestate }: CallContext) {
  return {
    accept: 'application/json',
    'x-request-id': requestId,
    ...(authorization && { authorization }),
    ...(traceparent && { traceparent }),
    ...(tracestate && { tracestate }),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // no schema accepts undefined, so this ends as an answer of the wrong shape
    return undefined
  }
}
