import type { IncomingMessage } from 'node:http'
import fastifyCors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import { optional, type Setting } from '../config.ts'

/** `*`, or the origins as browsers write them. */
export type Origins = readonly string[]

const origins: Setting<Origins> = {
  env: 'CORS_ORIGINS',
  meaning:
    'The origins of other sites whose pages may call the API from a browser; with *, any, but without cookies',
  expected:
    'origins such as https://app.example.com, without path and standard port, separated by commas, or *',
  parse(text) {
    const list = text.split(',').map((origin) => origin.trim())
    return text === '*' || list.every(isOrigin) ? list : undefined
  },
}

export const corsSettings = { corsOrigins: optional(origins) }

const originPattern = /^https?:\/\/(?:[a-z\d.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/

function isOrigin(text: string): boolean {
  return originPattern.test(text) && URL.canParse(text) && new URL(text).origin === text
}

/** What pages of other origins may read, besides the headers that any page may. */
export const exposedHeaders = [
  'Content-Disposition',
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-ID',
].join(', ')

const preflightOptions = {
  methods: 'GET, HEAD, POST, PATCH, DELETE',
  allowedHeaders:
    'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Traceparent, Tracestate, X-Request-ID',
  // the longest that Chromium keeps
  maxAge: 7200,
}

/** Returns the origin that may read the answer to a request: its own, or `*`; undefined if it may not. */
function allowedOrigin(allowed: Origins, { headers: { origin } }: Pick<IncomingMessage, 'headers'>) {
  if (origin === undefined) return undefined
  if (allowed.includes('*')) return '*'
  return allowed.includes(origin) ? origin : undefined
}

/**
 * Lets pages of `allowed` origins call the routes that follow, and answers their preflights with 204. Without
 * origins, it adds nothing to the path of a request.
 */
export function allowOrigins(app: FastifyInstance, allowed: Origins = []) {
  if (allowed.length === 0) return
  // called, not registered: its hook must come before those added later, so that their refusals have the headers too
  fastifyCors(
    app,
    {
      delegator(request, callback) {
        const origin = allowedOrigin(allowed, request) ?? false
        // an OPTIONS without this header is no preflight
        const preflight = request.headers['access-control-request-method'] !== undefined
        callback(null, {
          origin,
          preflight,
          credentials: origin !== '*',
          exposedHeaders,
          ...preflightOptions,
        })
      },
    },
    () => undefined,
  )
}

/** Returns the headers of an answer that the framework does not make. */
export function corsHeaders(
  allowed: Origins,
  request: Pick<IncomingMessage, 'headers'>,
): Record<string, string> {
  if (allowed.length === 0) return {}
  const origin = allowedOrigin(allowed, request)
  if (origin === undefined) return { vary: 'Origin' }
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    ...(origin !== '*' && { 'access-control-allow-credentials': 'true' }),
    'access-control-expose-headers': exposedHeaders,
  }
}
