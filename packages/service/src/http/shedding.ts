import type { IncomingMessage, RequestListener } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { Counter } from 'prom-client'
import { type Config, integer } from '../config.ts'
import { createBrake, maxRefusalsPerSecond } from './brake.ts'
import { problemText } from './problem.ts'
import { requestId } from './request-id.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Counted among the requests in progress. */
    isUnderWay: boolean
  }
}

const defaultLimit = 250

export const sheddingSettings = {
  maxReads: integer('MAX_READS', {
    meaning:
      'GET requests that are worked on at a time; what comes beyond is answered 503 overloaded at once',
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

const refusal = { status: 503, code: 'overloaded', detail: 'Too many requests are under way.' }

const kindOf = ({ method }: IncomingMessage) => (method === 'GET' || method === 'HEAD' ? 'read' : 'write')

/**
 * Answers 503 `overloaded` to requests beyond the limits. Reads and writes are counted separately, because writes may wait
 * for another service and must not keep reads out. A request counts from when it is complete to when its answer is ready,
 * so slow clients take no place. Requests are refused before the framework sees them: a refusal must cost much less than
 * an answer.
 */
export function shedExcess(
  app: FastifyInstance,
  { maxReads, maxWrites, refusalsPerSecond = maxRefusalsPerSecond }: SheddingLimits = {
    maxReads: defaultLimit,
    maxWrites: defaultLimit,
  },
) {
  const limits = { read: maxReads, write: maxWrites }
  const underWay = { read: 0, write: 0 }
  const refused = new Counter({
    name: 'http_requests_shed_total',
    help: 'Requests answered 503 overloaded because too many were under way',
    labelNames: ['kind'],
    registers: [app.metrics],
  })
  let unreported = 0
  const slowDown = createBrake(app, refusalsPerSecond)

  app.decorateRequest('isUnderWay', false)
  app.addHook('preHandler', (request, _reply, done) => {
    underWay[kindOf(request.raw)]++
    request.isUnderWay = true
    done()
  })
  app.addHook('onSend', (request, _reply, _payload, done) => {
    if (request.isUnderWay) underWay[kindOf(request.raw)]--
    request.isUnderWay = false
    done()
  })

  const [serve] = app.server.listeners('request') as [RequestListener]
  app.server.removeListener('request', serve)
  app.server.on('request', (request, response) => {
    const kind = kindOf(request)
    if (underWay[kind] < limits[kind] || exempt.test(request.url ?? '')) return serve(request, response)
    refused.inc({ kind })
    // one line a second: a line each would cost more than the refusal
    if (unreported++ === 0) {
      setTimeout(() => {
        app.log.warn({ requests: unreported, ...underWay }, 'overloaded: requests were refused')
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
      ...(app.lifecycle.draining && { connection: 'close' }),
    })
    response.end(text)
    if (!app.lifecycle.draining) slowDown(request)
  })
}
