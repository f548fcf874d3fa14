import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'
import { httpRefusal, problemText } from './problem.ts'
import { undecodable } from './request-target.ts'

/**
 * Answers requests without a route: 405 if the path has other methods, 400 if the target cannot be decoded,
 * otherwise 404.
 */
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
    // a route of this method may have found nothing itself, e.g. a file of /docs
    if (allowed.length === 0 || allowed.includes(request.method)) throw httpRefusal(404)
    throw httpRefusal(405, { headers: { allow: allowed.join(', ') } })
  })
}

/**
 * Answers with a problem where Node would send an empty answer or none, and refuses bodies in an unknown
 * transfer coding, and a Host or Authorization that two readers could read differently.
 */
export function refuseMalformed(app: FastifyInstance) {
  // Node reads this option from the server, although the types do not have it
  Object.assign(app.server, { requireHostHeader: false })
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    if (isWhole(raw) && hasClearOrigin(raw)) return done()
    // the end of the request may be unclear, so the connection cannot be used again
    done(httpRefusal(400, { headers: { connection: 'close' } }))
  })
  // an unknown expectation may be ignored (RFC 9110, section 10.1.1), as nginx does
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.server.on('connect', (_request, socket: Socket) => answerClientError.call(app, new Error(), socket))
}

function isWhole({ headers, httpVersion }: IncomingMessage): boolean {
  const { 'transfer-encoding': coding } = headers
  if (httpVersion === '1.0') return coding === undefined
  return httpVersion === '1.1' && (coding === undefined || coding.toLowerCase() === 'chunked')
}

const hostPattern = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d*)?$/i

/**
 * Whether there is one valid Host and at most one Authorization. Of several, Node takes the first, and a proxy in
 * front may take another (RFC 9112, section 3.2).
 */
function hasClearOrigin({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0
  let authorizations = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase()
    if (name === 'authorization') authorizations++
    else if (name === 'host') {
      hosts++
      if (!hostPattern.test(rawHeaders[index + 1] as string)) return false
    }
  }
  return authorizations <= 1 && (hosts === 1 || (hosts === 0 && httpVersion === '1.0'))
}

/** Time for the answer to arrive before the socket is destroyed, in milliseconds. */
const lingerMs = 1000

/**
 * Sockets that have been sent their refusal, or will be after the previous answer; their parser fails again
 * on every packet.
 */
const refused = new WeakSet<Socket>()

/** `_httpMessage` is Node's name for the answer in progress on a socket. */
type ServerSocket = Socket & { _httpMessage?: ServerResponse | null }

/**
 * Answers input that is not HTTP, or that exceeds a parser limit or a time-out. There is no request and no
 * reply object then, only the socket.
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
  // without the error's rawPacket, which may hold a token
  this.log.info({ reqId: requestId, status, parserError: error.code }, 'request refused')
  refuseSocket(socket, status, requestId)
}

function refuseSocket(socket: ServerSocket, status: number, requestId: string) {
  const answer = socket._httpMessage
  // the previous request is still being answered, and the client must not mistake the refusal for that answer
  if (answer?.req.complete) {
    answer.once('finish', () => refuseSocket(socket, status, requestId))
    return
  }
  // half of an answer was sent, so a refusal can no longer follow
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
  // end() closes only our half: a client that keeps its own open would hold the socket forever
  setTimeout(() => socket.destroy(), lingerMs).unref()
}
