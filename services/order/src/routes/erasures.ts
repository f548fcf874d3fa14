import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity, requireRole } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { locationHeader, problem, problems, success } from '@shop/service/http/responses'
import { Timestamp, Uuid } from '@shop/service/schemas'
import { Type } from 'typebox'
import type { ErasureRepository } from '../db/erasure-repository.ts'
import type { EraseOrders } from '../erase-orders.ts'

const Erasure = Type.Object(
  {
    userId: Uuid,
    erased: Type.Integer({
      minimum: 0,
      description: 'How many times an order was erased, for all requests about this user.',
    }),
    waiting: Type.Integer({
      minimum: 0,
      description: 'Orders that are still open. Each is erased within about an hour of being closed.',
    }),
    requestedAt: { ...Timestamp, description: 'The erasure covers the orders that were placed until then.' },
    completedAt: Type.Union([Timestamp, Type.Null()], {
      description: 'null while orders wait to be closed or to be erased.',
    }),
  },
  { title: 'Erasure' },
)

const eraseOrdersSchema = {
  summary: "Erase the personal data in a user's orders",
  description:
    'Erases addresses except country and postal code, metadata, notes and reasons of the orders that are delivered, cancelled or refunded, with their histories. Open orders follow once they are closed. Products, amounts, statuses and ids stay. It can be repeated; a repeated request also covers what has been added since.',
  tags: ['operators'],
  operationId: 'eraseOrders',
  security: bearerSecurity,
  body: Type.Object({ userId: Uuid }, { title: 'NewErasure', additionalProperties: false }),
  response: {
    200: success('All is erased, or there was nothing to erase.', Erasure, locationHeader),
    202: success('Some orders are erased later; follow Location.', Erasure, locationHeader),
    ...problems(400, 401, 403, 413, 415, 500, 503),
  },
}

const getErasureSchema = {
  summary: "How far the erasure of a user's personal data has come",
  description: 'What has been erased, and how many orders wait to be closed.',
  tags: ['operators'],
  operationId: 'getErasure',
  security: bearerSecurity,
  params: Type.Object({ userId: Uuid }),
  response: {
    200: success('The erasure.', Erasure),
    ...problems(400, 401, 403, 500, 503),
    ...problem(404, ['erasure_not_found']),
  },
}

export type ErasureRoutes = {
  erasures: Pick<ErasureRepository, 'findErasure'>
  eraseOrders: EraseOrders
  verifyToken: VerifyToken
}

export const erasureRoutes: FastifyPluginAsyncTypebox<ErasureRoutes> = async (
  app,
  { erasures, eraseOrders, verifyToken },
) => {
  app.addHook('onRequest', authenticate(verifyToken))
  app.addHook('onRequest', requireRole('admin'))

  app.post('/admin/erasures', { schema: eraseOrdersSchema }, async ({ user, body }, reply) => {
    const erasure = await eraseOrders({ userId: body.userId, actor: user })
    return reply
      .code(erasure.completedAt === null ? 202 : 200)
      .header('location', `/admin/erasures/${erasure.userId}`)
      .send(erasure)
  })

  app.get('/admin/erasures/:userId', { schema: getErasureSchema }, async ({ params }) =>
    erasures.findErasure(params.userId),
  )
}
