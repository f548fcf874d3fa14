import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'

/**
 * Only these headers reach a service, as in nginx.conf; all others are dropped, above all X-User-* and
 * X-Forwarded-*.
 */
const passedOn = [
  'accept',
  'authorization',
  'content-encoding',
  'content-type',
  'if-match',
  'if-none-match',
  'last-event-id',
  'traceparent',
  'tracestate',
  'user-agent',
]

/** Only these two paths read the refresh cookie. Other sites can make a browser send it to any path. */
const readsCookie = /^\/users\/(?:refresh|logout)\/?(?:\?|$)/

/**
 * The gateway adds its own key to a request that places or changes an order; it counts if the client sent
 * none.
 */
const isRepeatable = /^POST (?:\/orders|\/orders\/[^/?]+\/cancel|\/admin\/orders\/[^/?]+\/[^/?]+)\/?(?:\?|$)/

/** Returns the headers with which a request is forwarded. */
export function requestHeaders({
  id,
  method,
  headers,
  raw,
  socket,
}: FastifyRequest): Record<string, string | string[] | undefined> {
  const url = raw.url ?? ''
  return {
    ...Object.fromEntries(passedOn.map((name) => [name, headers[name]])),
    // each line by itself: joined, the end of `key, ` would be cut off on the way and leave another key
    'idempotency-key': raw.headersDistinct['idempotency-key'],
    ...(readsCookie.test(url) && { cookie: headers.cookie }),
    ...(isRepeatable.test(`${method} ${url}`) && { 'x-gateway-idempotency-key': randomUUID() }),
    'x-request-id': id,
    'x-forwarded-for': socket.remoteAddress,
    'x-forwarded-proto': 'http',
  }
}

/**
 * Response headers that belong to one connection (RFC 9110, section 7.6.1) or that the gateway sets itself.
 */
const ownHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
  // the origins of the gateway count, whatever a service allows
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'access-control-max-age',
])

/** Returns the headers of a service's answer that the client receives. */
export function answerHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = headers.connection?.toLowerCase().split(/[\s,]+/) ?? []
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ownHeaders.has(name) && !named.includes(name)),
  )
}
