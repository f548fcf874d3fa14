import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity, requireRole } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { commonCodes, problem, problems, success } from '@shop/service/http/responses'
import { pageLimits } from '@shop/service/paging/paging'
import { PageQuery } from '@shop/service/paging/schemas'
import { Uuid } from '@shop/service/schemas'
import { throwIfInvalid } from '@shop/service/validation'
import { type Static, Type } from 'typebox'
import type { DeliveryRepository, Period } from '../db/delivery-repository.ts'
import type { WebhookRepository } from '../db/webhook-repository.ts'
import { Delivery, DeliveryState } from '../webhooks/webhook.ts'

const params = Type.Object({ id: Uuid })

const common = { tags: ['webhooks'], security: bearerSecurity }

const { limit, cursor } = PageQuery

const listSchema = {
  summary: 'The log of a webhook: what was not delivered at the first attempt, newest first',
  description:
    'Deliveries that succeed at the first attempt leave no trace. Others are kept for 30 days after they were delivered or parked.',
  ...common,
  operationId: 'listDeliveries',
  params,
  querystring: Type.Object(
    {
      limit,
      // Optional again: a copy of an optional schema is required
      cursor: Type.Optional({ ...cursor, description: 'meta.nextCursor of the previous page.' }),
      state: Type.Optional(DeliveryState),
    },
    { additionalProperties: false },
  ),
  response: {
    200: success(
      'A page of deliveries.',
      Type.Object(
        {
          data: Type.Array(Delivery),
          meta: Type.Object(
            { limit: Type.Integer(), nextCursor: Type.Union([Type.String(), Type.Null()]) },
            { title: 'DeliveryPageMeta' },
          ),
        },
        { title: 'DeliveryPage' },
      ),
    ),
    ...problems(400, 401, 403, 500, 503),
    ...problem(404, ['webhook_not_found']),
  },
}

const redeliverOneSchema = {
  summary: 'Send one delivery of the log again, now',
  description: 'One that was delivered or parked has all attempts again.',
  ...common,
  operationId: 'redeliver',
  params: Type.Object({ id: Uuid, eventId: Uuid }),
  response: {
    202: success('It is sent within seconds.', Delivery),
    ...problems(400, 401, 403, 413, 415, 500, 503),
    ...problem(404, ['delivery_not_found', 'webhook_not_found']),
  },
}

const instant = (description: string) =>
  Type.String({ format: 'date-time', maxLength: 40, description, examples: ['2026-03-01T09:30:00Z'] })

const RedeliverQuery = Type.Object(
  {
    from: instant('Events that came into the feed at this time or later. A + in a query is written %2B.'),
    to: Type.Optional(
      instant('Only events that came into the feed before this time; until now when absent.'),
    ),
  },
  { additionalProperties: false },
)

const redeliverManySchema = {
  summary: 'Send all events of a period again, also those that were delivered',
  description:
    'At most 10,000 events at a time, in order as far as possible. They have the ids that they had before.',
  ...common,
  operationId: 'redeliverPeriod',
  params,
  querystring: RedeliverQuery,
  response: {
    202: success(
      'They are sent soon.',
      Type.Object({ count: Type.Integer({ description: 'How many events.' }) }, { title: 'Redelivery' }),
    ),
    ...problems(401, 403, 413, 415, 500, 503),
    ...problem(400, [...commonCodes[400], 'too_many_events']),
    ...problem(404, ['webhook_not_found']),
  },
}

export type DeliveryRoutes = {
  webhooks: Pick<WebhookRepository, 'findWebhook'>
  deliveries: DeliveryRepository
  verifyToken: VerifyToken
}

export const deliveryRoutes: FastifyPluginAsyncTypebox<DeliveryRoutes> = async (
  app,
  { webhooks, deliveries, verifyToken },
) => {
  app.addHook('onRequest', authenticate(verifyToken))
  app.addHook('onRequest', requireRole('admin'))

  app.get('/admin/webhooks/:id/deliveries', { schema: listSchema }, async ({ params, query }) => {
    const { id } = await webhooks.findWebhook(params.id)
    const { limit = pageLimits.defaultLimit, ...rest } = query
    const page = await deliveries.listDeliveries(id, { ...rest, limit })
    return { data: page.deliveries, meta: { limit, nextCursor: page.nextCursor } }
  })

  app.post(
    '/admin/webhooks/:id/deliveries/:eventId/redeliver',
    { schema: redeliverOneSchema },
    async ({ params }, reply) => {
      const { id } = await webhooks.findWebhook(params.id)
      return reply.code(202).send(await deliveries.redeliver(id, params.eventId))
    },
  )

  app.post('/admin/webhooks/:id/redeliver', { schema: redeliverManySchema }, async (request, reply) => {
    const period = periodOf(request.query)
    const { id, types } = await webhooks.findWebhook(request.params.id)
    return reply.code(202).send({ count: await deliveries.redeliverPeriod(id, types, period) })
  })
}

/** Throws ValidationError. */
function periodOf(query: Static<typeof RedeliverQuery>): Period {
  const from = Date.parse(query.from)
  const to = query.to === undefined ? Date.now() : Date.parse(query.to)
  const errors = Object.entries({ from, to })
    .filter(([, time]) => Number.isNaN(time))
    .map(([parameter]) => ({ parameter, detail: 'must be a time in RFC 3339' }))
  throwIfInvalid(errors, from >= to ? [{ parameter: 'from', detail: 'must be before to' }] : [])
  return { from, to }
}
