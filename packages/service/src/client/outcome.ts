import {
  type AppError,
  BadGatewayError,
  ForbiddenError,
  GatewayTimeoutError,
  NotFoundError,
  ServiceUnavailableError,
  UnauthorizedError,
} from '../errors.ts'
import type { CallOutcome } from './metrics.ts'

/** The body is undefined if it is no JSON. */
export type Answer = { status: number; body?: unknown }

/** How an attempt ended. */
export type Outcome = Answer | { error: Error; timedOut: boolean }

/** Returns whether a retry may succeed: the upstream was unreachable, or reported a temporary state. */
export function mayBeTemporary(outcome: Outcome): boolean {
  if ('status' in outcome) return [502, 503, 504].includes(outcome.status)
  return !outcome.timedOut && isConnectionError(outcome.error)
}

/** Returns whether the connection could not be made, or broke before an answer. */
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

/** Returns how a call ended, for the metrics; `error` is what `toError` returns. */
export function kindOf(outcome: Outcome, error: AppError | undefined): CallOutcome {
  if (!error) return 'answered'
  if ('status' in outcome) return outcome.status >= 400 && outcome.status < 500 ? 'refused' : 'failed'
  if (outcome.timedOut) return 'timeout'
  return isConnectionError(outcome.error) ? 'unreachable' : 'failed'
}

/**
 * Returns the error for our own client, or undefined for success. It never contains text from the upstream.
 */
export function toError(
  outcome: Outcome,
  { name, resource, isValid }: { name: string; resource: string; isValid: (body: unknown) => boolean },
): AppError | undefined {
  if ('error' in outcome) {
    const cause = outcome.error
    if (outcome.timedOut)
      return new GatewayTimeoutError(`The ${name} service did not answer in time.`, { cause })
    if (isConnectionError(cause)) return unavailable(name, { cause })
    return new BadGatewayError(`The ${name} service returned an invalid answer.`, { cause })
  }
  const { status, body } = outcome
  switch (status) {
    case 200:
      return isValid(body)
        ? undefined
        : new BadGatewayError(`The ${name} service returned an invalid answer.`)
    case 401:
      return new UnauthorizedError('invalid_token', `The ${name} service refused the access token.`)
    case 403:
      return new ForbiddenError('upstream_forbidden', `The ${name} service does not allow this request.`)
    case 404:
      return new NotFoundError(resource)
    case 429:
    case 503:
      return unavailable(name)
    default:
      return new BadGatewayError(`The ${name} service returned an invalid answer.`)
  }
}

/** The error for a service that cannot be reached, or is not asked. */
export function unavailable(
  name: string,
  options: { cause?: unknown; retryAfterSeconds?: number } = {},
): AppError {
  return new ServiceUnavailableError('upstream_unavailable', `The ${name} service is unavailable.`, options)
}

/** Returns what the log says of an outcome. */
export const describe = (outcome: Outcome) =>
  'error' in outcome ? { err: outcome.error, timedOut: outcome.timedOut } : { upstreamStatus: outcome.status }
