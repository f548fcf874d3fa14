import type { FastifyInstance } from 'fastify'
import { Histogram, Registry } from 'prom-client'
import { Type } from 'typebox'
import { operationTag } from './openapi.ts'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: Registry
  }
}

const getMetricsSchema = {
  summary: 'Metrics, as text for Prometheus',
  tags: [operationTag],
  operationId: 'getMetrics',
  response: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: Type.String() } } } },
}

/** GET /metrics, and the durations of all requests by method, route and status. */
export function countRequests(app: FastifyInstance) {
  const registry = new Registry()
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  app.decorate('metrics', registry)

  app.addHook('onResponse', (request, reply, done) => {
    // the route's pattern, never the path: a label value each id would grow without end
    const route = request.routeOptions.url ?? 'none'
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    done()
  })

  app.register(async (routes) => {
    routes.get('/metrics', { schema: getMetricsSchema, config: { quiet: true } }, async (_request, reply) => {
      reply.type(registry.contentType)
      return registry.metrics()
    })
  })
}
