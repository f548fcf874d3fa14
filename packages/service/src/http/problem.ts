import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { AppError, type ErrorDetail, ValidationError } from '../errors.ts'
import { validationDetails } from './validation-details.ts'

type Problem = {
  status: number
  code: string
  detail: string
  requestId: string
  errors?: ErrorDetail[] | undefined
  members?: Record<string, unknown> | undefined
}

/**
 * Returns an RFC 9457 problem as text. `type` is about:blank because `code` identifies the problem; the title
 * is then that of the status.
 */
export function problemText({ status, code, detail, requestId, errors, members }: Problem): string {
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail,
    code,
    requestId,
    errors,
    ...members,
  })
}

/**
 * The answers to requests that HTTP itself refuses; the framework's own messages do not leave the process.
 */
const refusals: Record<number, { code: string; detail: string }> = {
  400: { code: 'bad_request', detail: 'The request is malformed.' },
  404: { code: 'route_not_found', detail: 'There is nothing at this path.' },
  405: { code: 'method_not_allowed', detail: 'This path does not support this method.' },
  408: { code: 'request_timeout', detail: 'The request did not arrive in time.' },
  413: { code: 'body_too_large', detail: 'The body is too large.' },
  414: { code: 'path_too_long', detail: 'The path is too long.' },
  415: {
    code: 'unsupported_media_type',
    detail: 'The body must be application/json in UTF-8, without Content-Encoding.',
  },
  431: { code: 'headers_too_large', detail: 'The headers are too large.' },
}

/** Returns the AppError for a status in `refusals`, or undefined. */
export function httpRefusal(
  status: number,
  options: { headers?: Record<string, string>; cause?: unknown } = {},
) {
  const refusal = refusals[status]
  return refusal && new AppError(status, refusal.code, refusal.detail, options)
}

/**
 * Turns every error into its answer. An error that is not an AppError is logged in full and answered with a
 * bare 500.
 */
export function handleError(error: FastifyError | AppError, request: FastifyRequest, reply: FastifyReply) {
  const known = toAppError(error)
  if (known.status >= 500)
    request.log[known.status === 503 ? 'warn' : 'error']({ err: error }, 'request failed')
  return sendProblem(reply, known)
}

function sendProblem(reply: FastifyReply, error: AppError) {
  const { status, code, message, headers, errors, members } = error
  reply.server.problems?.inc({ status, code })
  // the route may have set it for a success
  reply.removeHeader('location')
  // the framework may fail before the hook that sets it
  reply.header('x-request-id', reply.request.id)
  return reply
    .code(status)
    .headers(headers)
    .type('application/problem+json')
    .send(problemText({ status, code, detail: message, requestId: reply.request.id, errors, members }))
}

function toAppError(error: FastifyError | AppError): AppError {
  if (error instanceof AppError) return error
  if (error.validation)
    return new ValidationError(validationDetails(error.validation, error.validationContext))
  if (error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY') {
    return new ValidationError([{ pointer: '', detail: 'must be a JSON object, but is empty' }])
  }
  const { statusCode: status = 500 } = error
  // a plugin may use a status that the contract does not have, e.g. 416 for a Range of /docs
  const refusal = httpRefusal(status) ?? (status >= 400 && status < 500 ? httpRefusal(400) : undefined)
  return (
    refusal ??
    new AppError(
      500,
      'internal_error',
      'Something went wrong on our side. The request id helps us find the cause.',
    )
  )
}
