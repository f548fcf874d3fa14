import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { ServiceUnavailableError } from '../errors.ts'
import { operationTag } from './openapi.ts'
import { problem, success } from './responses.ts'

const getHealthSchema = {
  summary: 'Liveness',
  description: 'Asks nothing else: it answers while the process is alive.',
  tags: [operationTag],
  operationId: 'getHealth',
  response: {
    200: success('The process is alive.', Type.Object({ status: Type.Literal('ok') }, { title: 'Health' })),
  },
}

const getReadinessSchema = {
  summary: 'Readiness',
  description:
    '503 while the database is unavailable, migrations are missing, or the service is shutting down.',
  tags: [operationTag],
  operationId: 'getReadiness',
  response: {
    200: success(
      'Ready to receive requests.',
      Type.Object({ status: Type.Literal('ready') }, { title: 'Readiness' }),
    ),
    ...problem(503, ['not_ready']),
  },
}

/**
 * GET /healthz answers while the process is alive and checks nothing else; GET /readyz is 503 while the
 * process should receive no requests.
 */
export async function healthRoutes(
  app: FastifyInstance,
  { checkReadiness }: { checkReadiness: () => Promise<void> },
) {
  app.get('/healthz', { schema: getHealthSchema, config: { quiet: true } }, async () => ({ status: 'ok' }))

  app.get('/readyz', { schema: getReadinessSchema, config: { quiet: true } }, async () => {
    if (app.lifecycle.draining)
      throw new ServiceUnavailableError('not_ready', 'The service is shutting down.')
    await checkReadiness().catch((cause) => {
      throw new ServiceUnavailableError('not_ready', 'The service is temporarily unavailable.', { cause })
    })
    return { status: 'ready' }
  })
}
