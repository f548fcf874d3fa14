import { randomUUID } from 'node:crypto'
import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import { httpRefusal, problemText } from './problem.ts'
import { undecodable } from './request-target.ts'

/** Answers for what has no route: 405 where other methods would do, 404 for other paths, 400 for what names no path at all. */
export function handleUnroutable(app: FastifyInstance) {
  refuseMalformed(app)
  const routes: { path: RegExp; method: string }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    const path = new RegExp(`^${url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[^/]+|\*/g, '[^/]+')}$`)
    for (const one of [method].flat()) routes.push({ path, method: one })
  })
  app.setNotFoundHandler((request) => {
    if (request.url === undecodable.path) throw httpRefusal(400)
    if (request.url === undecodable.query)
      throw new AppError(400, 'invalid_encoding', 'The query is not valid UTF-8 in percent-encoding.')
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
  const { code, message } = httpRefusal(status) as AppError
  const body = problemText({ status, code, detail: message, requestId })
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
