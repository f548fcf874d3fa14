import type { OutgoingHttpHeaders } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { AppError } from '@shop/service/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Agent, type Dispatcher, errors } from 'undici'
import { answerHeaders, requestHeaders } from './headers.ts'

/** Returns how requests are forwarded to services; `close` ends the connections to them. */
export function createForwarder() {
  const agent = new Agent({ connections: 128 })

  /**
   * Returns a handler that forwards to `origin`, where an answer must begin in time. Answers of any length pass at the pace
   * of the client.
   */
  function forwardTo(origin: string, timeoutMs: number) {
    return async (request: FastifyRequest, reply: FastifyReply) => {
      const aborting = new AbortController()
      // undici's own limit would not include the wait for a connection
      const deadline = setTimeout(() => aborting.abort(new LateError()), timeoutMs)
      const abandon = () => aborting.abort()
      reply.raw.once('close', abandon)
      try {
        const answer = await agent.request({
          origin,
          path: request.raw.url as string,
          method: request.method as Dispatcher.HttpMethod,
          headers: requestHeaders(request),
          body: (request.body as Buffer | undefined) ?? null,
          signal: aborting.signal,
          headersTimeout: 0,
          bodyTimeout: timeoutMs,
        })
        return passOn(answer, reply)
      } catch (cause) {
        if (reply.raw.closed) return reply.hijack()
        throw upstreamError(cause)
      } finally {
        clearTimeout(deadline)
        reply.raw.off('close', abandon)
      }
    }
  }

  return { forwardTo, close: () => agent.close() }
}

/**
 * Sends the headers immediately and the body as it comes. The framework would keep the headers back until the
 * body begins, and answer with 500 if it ends before.
 */
function passOn(answer: Dispatcher.ResponseData, reply: FastifyReply): FastifyReply {
  reply.hijack()
  const headers = { ...reply.getHeaders(), ...answerHeaders(answer.headers) }
  reply.raw.writeHead(answer.statusCode, headers as OutgoingHttpHeaders)
  reply.raw.flushHeaders()
  // closes the connection when the body breaks off, so that the client sees that it is not whole
  pipeline(answer.body, reply.raw).catch((error) => {
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
