import { randomUUID } from 'node:crypto'
import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifySchemaValidationError,
} from 'fastify'
import { AppError, type ErrorDetail, ValidationError } from '../errors.ts'

type Problem = {
  status: number
  code: string
  detail: string
  requestId: string
  errors?: ErrorDetail[] | undefined
}

/** An RFC 9457 problem as text. `type` is about:blank because `code` identifies the problem; the title is then the status's own. */
export function problemText({ status, code, detail, requestId, errors }: Problem): string {
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail,
    code,
    requestId,
    errors,
  })
}

/** What HTTP itself refuses, as Fastify reports it; the framework's own words stay inside. */
const refusals: Record<number, { code: string; detail: string }> = {
  400: { code: 'bad_request', detail: 'The request is malformed.' },
  404: { code: 'route_not_found', detail: 'There is nothing at this path.' },
  405: { code: 'method_not_allowed', detail: 'This path does not support this method.' },
  408: { code: 'request_timeout', detail: 'The request did not arrive in time.' },
  413: { code: 'body_too_large', detail: 'The body is too large.' },
  414: { code: 'path_too_long', detail: 'The path is too long.' },
  415: { code: 'unsupported_media_type', detail: 'The body must be application/json.' },
  431: { code: 'headers_too_large', detail: 'The headers are too large.' },
}

/** An AppError for a refusal that HTTP knows; undefined for any other status. */
export function httpRefusal(
  status: number,
  options: { headers?: Record<string, string>; cause?: unknown } = {},
) {
  const refusal = refusals[status]
  return refusal && new AppError(status, refusal.code, refusal.detail, options)
}

/** The one place where an error becomes an answer. What is not an AppError is logged whole and leaves as a bare 500. */
export function handleError(error: FastifyError | AppError, request: FastifyRequest, reply: FastifyReply) {
  const known = toAppError(error)
  if (known.status >= 500)
    request.log[known.status === 503 ? 'warn' : 'error']({ err: error }, 'request failed')
  return sendProblem(reply, known)
}

export function sendProblem(reply: FastifyReply, error: AppError) {
  const { status, code, message, headers, errors } = error
  // what the route had set for its own kind of answer does not apply to this one
  reply.removeHeader('location')
  // no hook has set it when the URL could not be decoded
  reply.header('x-request-id', reply.request.id)
  return reply
    .code(status)
    .headers(headers)
    .type('application/problem+json')
    .send(problemText({ status, code, detail: message, requestId: reply.request.id, errors }))
}

function toAppError(error: FastifyError | AppError): AppError {
  if (error instanceof AppError) return error
  if (error.validation)
    return new ValidationError(validationDetails(error.validation, error.validationContext))
  if (error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY') {
    return new ValidationError([{ pointer: '', detail: 'must be a JSON object, but is empty' }])
  }
  const { statusCode: status = 500 } = error
  // a plugin may refuse with a status that the contract does not know, e.g. 416 for a Range of /docs
  const refusal = httpRefusal(status) ?? (status >= 400 && status < 500 ? httpRefusal(400) : undefined)
  return (
    refusal ??
    new AppError(
      500,
      'internal_error',
      'Something went wrong on our side. The request id helps us to find out what.',
    )
  )
}

/** Answers for what has no route: 405 where other methods would do, 404 for other paths, 400 for what names no path at all. */
export function handleUnroutable(app: FastifyInstance) {
  refuseMalformed(app)
  const routes: { path: RegExp; method: string }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    const path = new RegExp(`^${url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[^/]+|\*/g, '[^/]+')}$`)
    for (const one of [method].flat()) routes.push({ path, method: one })
  })
  app.setNotFoundHandler((request) => {
    // decodableUrl has put another path in the place of its own
    if (request.originalUrl !== request.url) throw httpRefusal(400)
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = routes.filter((route) => route.path.test(path)).map((route) => route.method)
    // the method itself is among them where a route found nothing, e.g. a file of /docs
    if (allowed.length === 0 || allowed.includes(request.method)) throw httpRefusal(404)
    throw httpRefusal(405, { headers: { allow: allowed.join(', ') } })
  })
}

/** Answers as problems what Node itself would refuse with an empty answer, or none; and a body in a coding that nobody has taken off. */
export function refuseMalformed(app: FastifyInstance) {
  // an option of the server's that Node reads from this member, though its types do not have it
  Object.assign(app.server, { requireHostHeader: false })
  app.addHook('onRequest', async ({ raw: { headers, httpVersion } }) => {
    const { host, 'transfer-encoding': coding } = headers
    const isWhole =
      httpVersion === '1.1'
        ? host !== undefined && (coding === undefined || coding.toLowerCase() === 'chunked')
        : httpVersion === '1.0' && coding === undefined
    // where it ends is not sure either
    if (!isWhole) throw httpRefusal(400, { headers: { connection: 'close' } })
  })
  // an expectation that is not known may be ignored (RFC 9110, section 10.1.1), as nginx does
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.server.on('connect', (_request, socket: Socket) => answerClientError.call(app, new Error(), socket))
}

/** A path without a route, in the place of one that cannot be decoded: so hooks see the request as they see any other. */
const undecodable = '/undecodable'

/** For `rewriteUrl`. */
export function decodableUrl({ url = '' }: { url?: string | undefined }): string {
  const path = url.split('?', 1)[0] ?? ''
  if (!path.includes('%')) return url
  try {
    decodeURIComponent(path)
    return url
  } catch {
    return undecodable
  }
}

/** More would only make the answer large: a hostile body can be wrong in thousands of ways. */
const maxDetails = 20

function validationDetails(validation: FastifySchemaValidationError[], context?: string): ErrorDetail[] {
  const details = validation.slice(0, 2 * maxDetails).map((failure): ErrorDetail => {
    const { missingProperty, additionalProperty } = failure.params as Record<string, string | undefined>
    const member = missingProperty ?? additionalProperty
    const detail = describe(failure)
    if (context !== 'body') return { parameter: member ?? failure.instancePath.split('/')[1] ?? '', detail }
    const path = member === undefined ? '' : `/${escapePointer(member)}`
    return { pointer: failure.instancePath + path, detail }
  })
  // format and pattern of one schema may fail together, and say the same
  const distinct = new Map(details.map((detail) => [JSON.stringify(detail), detail]))
  return [...distinct.values()].slice(0, maxDetails)
}

function describe(
  failure: FastifySchemaValidationError & { parentSchema?: { format?: string; description?: string } },
): string {
  const { keyword, params, message = 'is not valid', parentSchema } = failure
  switch (keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties':
      return 'is not known here'
    case 'enum':
      return `must be one of ${(params.allowedValues as string[]).join(', ')}`
    case 'pattern':
    case 'format':
      if (parentSchema?.format) return `must be a valid ${parentSchema.format}`
      return `does not have the right form${parentSchema?.description ? `: ${parentSchema.description}` : ''}`
    default:
      return message
  }
}

const escapePointer = (member: string) => member.replaceAll('~', '~0').replaceAll('/', '~1')

/** Time for the answer to arrive before the socket is destroyed. */
const lingerMs = 1000

/** Sockets that have been told, or will be when the answer before is out; their parser goes on failing. */
const refused = new WeakSet<Socket>()

/** Node's own name for the answer that is under way on a socket. */
type ServerSocket = Socket & { _httpMessage?: ServerResponse | null }

/**
 * Answers what is not HTTP at all, or was cut off by a limit of the parser: there is neither request nor reply then,
 * only the socket.
 */
export function answerClientError(
  this: Pick<FastifyInstance, 'log'>,
  error: NodeJS.ErrnoException,
  socket: Socket,
) {
  if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy()
  if (refused.has(socket)) return
  refused.add(socket)
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400
  const requestId = randomUUID()
  // the error's packet stays out of the log: it may hold a token
  this.log.info({ reqId: requestId, status, parserError: error.code }, 'request refused')
  refuseSocket(socket, status, requestId)
}

function refuseSocket(socket: ServerSocket, status: number, requestId: string) {
  const answer = socket._httpMessage
  // The request before this one is still being answered, and whoever sent it must not take our no for its answer
  if (answer?.req.complete) {
    answer.once('finish', () => refuseSocket(socket, status, requestId))
    return
  }
  // half an answer is out, and nothing but its other half could follow
  if (!socket.writable || answer?.headersSent) return socket.destroy()
  const { code, detail } = refusals[status] as { code: string; detail: string }
  const body = problemText({ status, code, detail, requestId })
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-ID: ${requestId}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  )
  // end() closes our half alone: a client that leaves its own open would hold the socket for ever
  setTimeout(() => socket.destroy(), lingerMs).unref()
}
