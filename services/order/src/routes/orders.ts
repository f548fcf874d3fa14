import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity } from '@shop/service/auth/authenticate'
import { callContext } from '@shop/service/client/service-client'
import { locationHeader, problems, success } from '@shop/service/http/responses'
import { pageLimits } from '@shop/service/paging/page-limits'
import { Page, PageQuery, Uuid } from '@shop/service/schemas'
import { Type } from 'typebox'
import type { Dependencies } from '../app.ts'
import { Order, OrderStatusSchema, Quantity } from '../order.ts'

const listOrdersSchema = {
  summary: "The caller's own orders, newest first",
  tags: ['orders'],
  operationId: 'listOrders',
  security: bearerSecurity,
  querystring: Type.Object(
    { ...PageQuery, status: Type.Optional(OrderStatusSchema) },
    { additionalProperties: false },
  ),
  response: {
    200: success('A page of them.', Page(Order, { title: 'OrderPage' })),
    ...problems(400, 401, 500, 503),
  },
}

const getOrderSchema = {
  summary: "One of the caller's own orders",
  tags: ['orders'],
  operationId: 'getOrder',
  security: bearerSecurity,
  params: Type.Object({ id: Uuid }),
  response: { 200: success('The order.', Order), ...problems(400, 401, 404, 500, 503) },
}

/** A structured-field string (RFC 9651), as the header's draft has it, or the same without quotes, as most clients send it. */
const IdempotencyKey = Type.String({
  pattern: '^(?:[!#-~]{1,255}|"[ !#-\\[\\]-~]{1,255}")$',
  description: '1 to 255 printable ASCII characters, quoted or not.',
  examples: ['8e03978e-40d5-43dd-bc93-6894a57f9324'],
})

const replayedHeader = {
  type: 'string',
  enum: ['true'],
  description: 'There when this answer was given before.',
}

/** The example is in the demo data, so that /docs can try it. */
const ProductId = { ...Uuid, examples: ['00000000-0000-7000-8000-0000000f0001'] }

const placeOrderSchema = {
  summary: 'Place an order for a product at its present price',
  description:
    'With an Idempotency-Key the request may be repeated safely for 24 hours: the answer of the first success is sent again, marked Idempotent-Replayed: true.',
  tags: ['orders'],
  operationId: 'placeOrder',
  security: bearerSecurity,
  headers: Type.Object({ 'idempotency-key': Type.Optional(IdempotencyKey) }),
  body: Type.Object(
    { productId: ProductId, quantity: Type.Optional({ ...Quantity, default: 1 }) },
    { additionalProperties: false },
  ),
  response: {
    201: success('The order.', Order, { ...locationHeader, 'Idempotent-Replayed': replayedHeader }),
    ...problems(400, 401, 403, 404, 409, 413, 415, 422, 500, 502, 503, 504),
  },
}

export const orderRoutes: FastifyPluginAsyncTypebox<Dependencies> = async (
  app,
  { orders, placeOrder, verifyToken },
) => {
  app.addHook('onRequest', authenticate(verifyToken))

  app.get('/orders', { schema: listOrdersSchema }, async (request, reply) => {
    const { limit = pageLimits.defaultLimit, offset, cursor, status } = request.query
    const page = await orders.listOrdersByUser(request.user.id, { limit, offset, cursor, status })
    // the serializer made from the schema takes twice as long, and its text is slow to write
    reply.serializer(JSON.stringify).type('application/json; charset=utf-8')
    return {
      data: page.orders,
      meta: { count: page.count, limit, offset: offset ?? 0, nextCursor: page.nextCursor },
    }
  })

  app.get('/orders/:id', { schema: getOrderSchema }, async (request) => {
    return orders.findOrder(request.user.id, request.params.id)
  })

  app.post('/orders', { schema: placeOrderSchema }, async (request, reply) => {
    const { productId, quantity = 1 } = request.body
    const answer = await placeOrder(
      {
        userId: request.user.id,
        productId,
        quantity,
        idempotencyKey: keyOf(request.headers['idempotency-key']),
      },
      callContext(request),
    )
    if (answer.replayed) reply.header('idempotent-replayed', 'true')
    // as text, because a repetition must get the very same bytes, also from a later version of this service
    return reply
      .code(answer.status as 201)
      .header('location', answer.location)
      .type('application/json; charset=utf-8')
      .send(answer.body as never)
  })
}

/** The key itself: `"abc"` and `abc` are the same. */
function keyOf(header: string | undefined): string | undefined {
  return header?.replace(/^"(.*)"$/, '$1')
}
