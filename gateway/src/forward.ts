import { pipeline } from 'node:stream/promises'
import { AppError } from '@shop/service/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Agent, type Dispatcher, errors } from 'undici'
import { compressed, joinVary } from './compression.ts'
import { answerHeaders, requestHeaders } from './headers.ts'

export type ForwardOptions = {
  origin: string
  /** Maximum time until the answer begins, and between two parts of it, in milliseconds. */
  timeoutMs: number
  /** The answer may go on for hours; it is broken off when the gateway closes. */
  isStream?: boolean
}

/** Returns how requests are forwarded to services; `close` ends the connections to them. */
export function createForwarder() {
  const agent = new Agent({ connections: 128 })
  // each stream keeps a connection, and the service limits how many there are
  const streamAgent = new Agent()

  /**
   * Returns a handler that forwards to `origin`, where an answer must begin in time. Answers of any length pass at the pace
   * of the client.
   */
  function forwardTo({ origin, timeoutMs, isStream = false }: ForwardOptions) {
    return async (request: FastifyRequest, reply: FastifyReply) => {
      const aborting = new AbortController()
      // undici's own limit would not include the wait for a connection
      const deadline = setTimeout(() => aborting.abort(new LateError()), timeoutMs)
      const abandon = () => aborting.abort()
      reply.raw.once('close', abandon)
      try {
        const answer = await (isStream ? streamAgent : agent).request({
          origin,
          path: request.raw.url as string,
          method: request.method as Dispatcher.HttpMethod,
          headers: requestHeaders(request),
          body: (request.body as Buffer | undefined) ?? null,
          signal: aborting.signal,
          headersTimeout: 0,
          bodyTimeout: timeoutMs,
        })
        return passOn(answer, request, reply)
      } catch (cause) {
        if (reply.raw.closed) return reply.hijack()
        throw upstreamError(cause)
      } finally {
        clearTimeout(deadline)
        reply.raw.off('close', abandon)
      }
    }
  }

  return {
    forwardTo,
    breakOffStreams: () => streamAgent.destroy(),
    close: () => agent.close(),
  }
}

/**
 * Sends the headers immediately and the body as it comes. The framework would keep the headers back until the
 * body begins, and answer with 500 if it ends before.
 */
function passOn(answer: Dispatcher.ResponseData, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack()
  const compression = compressed(request, answer)
  const headers = { ...answerHeaders(answer.headers), ...compression?.headers }
  const vary = joinVary(headers.vary, reply.getHeader('vary'))
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...headers, vary }))
    if (value !== undefined) reply.raw.setHeader(name, value)
  reply.raw.writeHead(answer.statusCode)
  reply.raw.flushHeaders()
  // closes the connection when the body breaks off, so that the client sees that it is not whole
  const parts = compression?.encoder ? [answer.body, compression.encoder] : [answer.body]
  pipeline([...parts, reply.raw]).catch((error) => {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') reply.log.warn({ err: error }, 'answer broken off')
  })
  return reply
}

/** The service did not begin its answer in time. */
class LateError extends Error {
  override readonly name = 'LateError'
}

function upstreamError(cause: unknown): AppError {
  return cause instanceof LateError || cause instanceof errors.ConnectTimeoutError
    ? new AppError(504, 'gateway_timeout', 'The service behind this path took too long.', { cause })
    : new AppError(502, 'bad_gateway', 'The service behind this path does not answer.', { cause })
}
