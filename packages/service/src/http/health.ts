import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { ServiceUnavailableError } from '../errors.ts'
import { operationTag } from './openapi.ts'
import { problems, success } from './responses.ts'

const getHealthSchema = {
  summary: 'Liveness',
  tags: [operationTag],
  operationId: 'getHealth',
  response: {
    200: success('The process is alive.', Type.Object({ status: Type.Literal('ok') }, { title: 'Health' })),
  },
}

const getReadinessSchema = {
  summary: 'Readiness',
  tags: [operationTag],
  operationId: 'getReadiness',
  response: {
    200: success(
      'Ready to receive requests.',
      Type.Object({ status: Type.Literal('ready') }, { title: 'Readiness' }),
    ),
    ...problems(503),
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
