import type { IncomingMessage, RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { Counter } from 'prom-client'
import { type Config, integer } from '../config.ts'
import { createBrake, maxRefusalsPerSecond } from './brake.ts'
import { corsHeaders, type Origins } from './cors.ts'
import { problemText } from './problem.ts'
import { requestId } from './request-id.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Counted among the requests in progress. */
    isInProgress: boolean
  }
}

const defaultLimit = 250

export const sheddingSettings = {
  maxReads: integer('MAX_READS', {
    meaning: 'Maximum GET requests in progress; further ones are immediately answered 503 overloaded',
    min: 1,
    max: 100_000,
    default: defaultLimit,
  }),
  maxWrites: integer('MAX_WRITES', {
    meaning: 'The same for all other requests, some of which wait for another service',
    min: 1,
    max: 100_000,
    default: defaultLimit,
  }),
}

/** Maximum requests in progress, and maximum refusals a second before refused clients are slowed down. */
export type SheddingLimits = Config<typeof sheddingSettings> & { refusalsPerSecond?: number }

/** Probes and scrapers decide whether this process lives, so they are always answered. */
const exempt = /^\/(?:healthz|readyz|metrics)\/?$/

const refusal = { status: 503, code: 'overloaded', detail: 'Too many requests are in progress.' }

const kindOf = ({ method }: IncomingMessage) => (method === 'GET' || method === 'HEAD' ? 'read' : 'write')

/**
 * Answers 503 `overloaded` to requests beyond the limits. Reads and writes are counted separately, because
 * writes may wait for another service and must not crowd out reads. A request counts from when it is complete
 * to when its answer is ready, so slow clients use up no capacity. Requests are refused before the framework
 * sees them: a refusal must cost much less than an answer.
 */
export function shedExcess(
  app: FastifyInstance,
  { maxReads, maxWrites, refusalsPerSecond = maxRefusalsPerSecond }: SheddingLimits = {
    maxReads: defaultLimit,
    maxWrites: defaultLimit,
  },
  corsOrigins: Origins = [],
) {
  const limits = { read: maxReads, write: maxWrites }
  const inProgress = { read: 0, write: 0 }
  const refused = new Counter({
    name: 'http_requests_shed_total',
    help: 'Requests answered 503 overloaded because too many were in progress',
    labelNames: ['kind'],
    registers: [app.metrics],
  })
  let unreported = 0
  const slowDown = createBrake(app, refusalsPerSecond)

  app.decorateRequest('isInProgress', false)
  app.addHook('preHandler', (request, _reply, done) => {
    inProgress[kindOf(request.raw)]++
    request.isInProgress = true
    done()
  })
  app.addHook('onSend', (request, _reply, _payload, done) => {
    if (request.isInProgress) inProgress[kindOf(request.raw)]--
    request.isInProgress = false
    done()
  })

  const [serve] = app.server.listeners('request') as [RequestListener]
  app.server.removeListener('request', serve)
  app.server.on('request', (request, response) => {
    const kind = kindOf(request)
    if (inProgress[kind] < limits[kind] || exempt.test(request.url ?? '')) return serve(request, response)
    refused.inc({ kind })
    // one line per second: a line per refusal would cost more than the refusal
    if (unreported++ === 0) {
      setTimeout(() => {
        app.log.warn({ requests: unreported, ...inProgress }, 'overloaded: requests were refused')
        unreported = 0
      }, 1000).unref()
    }
    const id = requestId(request)
    const text = problemText({ ...refusal, requestId: id })
    response.writeHead(refusal.status, {
      'content-type': 'application/problem+json',
      'content-length': text.length,
      'retry-after': '1',
      'x-request-id': id,
      'x-content-type-options': 'nosniff',
      ...corsHeaders(corsOrigins, request),
      ...(app.lifecycle.draining && { connection: 'close' }),
    })
    response.end(text)
    if (!app.lifecycle.draining) slowDown(request)
  })
}
