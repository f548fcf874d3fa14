import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { ServiceUnavailableError } from '../errors.ts'
import { operationTag } from './openapi.ts'
import { problems, success } from './responses.ts'

const getHealthSchema = {
  summary: 'Whether the process lives',
  tags: [operationTag],
  operationId: 'getHealth',
  response: { 200: success('It does.', Type.Object({ status: Type.Literal('ok') })) },
}

const getReadinessSchema = {
  summary: 'Whether it should be sent requests',
  tags: [operationTag],
  operationId: 'getReadiness',
  response: { 200: success('It should.', Type.Object({ status: Type.Literal('ready') })), ...problems(503) },
}

/** GET /healthz says that the process lives, and touches nothing; GET /readyz, whether it should be sent requests. */
export async function healthRoutes(
  app: FastifyInstance,
  { checkReadiness }: { checkReadiness: () => Promise<void> },
) {
  app.get('/healthz', { schema: getHealthSchema, config: { quiet: true } }, async () => ({ status: 'ok' }))

  app.get('/readyz', { schema: getReadinessSchema, config: { quiet: true } }, async () => {
    if (app.lifecycle.draining) throw new ServiceUnavailableError('not_ready', 'The service is about to end.')
    await checkReadiness().catch((cause) => {
      throw new ServiceUnavailableError('not_ready', 'The service cannot serve at present.', { cause })
    })
    return { status: 'ready' }
  })
}
