import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Counter, Histogram, type Registry } from 'prom-client'
import { Type } from 'typebox'
import { operationTag } from './openapi.ts'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: Registry
    requestDuration: Histogram<'method' | 'route' | 'status'>
    /** The gateway has no metrics. */
    problems?: Counter<'status' | 'code'>
    tokensRefused: Counter<'reason'>
  }
}

/** The upper ends, in seconds, of the classes in which durations are counted. */
export const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const getMetricsSchema = {
  summary: 'Metrics, as text for Prometheus',
  description:
    'Requests by route and status with their durations, the process, and what the service measures of itself.',
  tags: [operationTag],
  operationId: 'getMetrics',
  response: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: Type.String() } } } },
}

/** Registers GET /metrics, which answers with what is in `registry`. */
export function registerMetrics(app: FastifyInstance, registry: Registry) {
  const requestDuration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its response, or to its beginning if it is a stream',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: durationBuckets,
    registers: [registry],
  })
  const problems = new Counter({
    name: 'http_problems_total',
    help: 'Answers that are problems, by status and code; without the requests in http_requests_shed_total',
    labelNames: ['status', 'code'] as const,
    registers: [registry],
  })
  const tokensRefused = new Counter({
    name: 'auth_tokens_refused_total',
    help: 'Access tokens that were refused, by reason',
    labelNames: ['reason'] as const,
    registers: [registry],
  })
  app.decorate('metrics', registry)
  app.decorate('requestDuration', requestDuration)
  app.decorate('problems', problems)
  app.decorate('tokensRefused', tokensRefused)

  app.register(async (routes) => {
    routes.get('/metrics', { schema: getMetricsSchema, config: { quiet: true } }, async (_request, reply) => {
      reply.type(registry.contentType)
      return registry.metrics()
    })
  })
}

/** Records the duration of the request so far by method, route and status. */
export function observeDuration(
  request: FastifyRequest,
  reply: FastifyReply,
  { url }: FastifyRequest['routeOptions'],
) {
  // the route's pattern, never the path: one label value for each id would grow without limit
  const route = url ?? 'none'
  const labels = { method: request.method, route, status: reply.statusCode }
  request.server.requestDuration.observe(labels, reply.elapsedTime / 1000)
}
