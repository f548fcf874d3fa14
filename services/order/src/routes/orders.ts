import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { callContext } from '@shop/service/client/service-client'
import { locationHeader, problems, success } from '@shop/service/http/responses'
import { pageLimits } from '@shop/service/paging/paging'
import { Page, PageQuery } from '@shop/service/paging/schemas'
import { Uuid } from '@shop/service/schemas'
import { Type } from 'typebox'
import type { OrderRepository } from '../db/order-repository.ts'
import { Order, OrderStatusSchema, Quantity } from '../order.ts'
import type { PlaceOrder } from '../place-order.ts'

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
    200: success('A page of orders.', Page(Order, { title: 'OrderPage' })),
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

/**
 * A structured-field string (RFC 9651), as in the draft of this header, or without quotes, as most clients
 * send it.
 */
const IdempotencyKey = Type.String({
  pattern: '^(?:[!#-~]{1,255}|"[ !#-\\[\\]-~]{1,255}")$',
  description: '1 to 255 printable ASCII characters, quoted or not.',
  examples: ['8e03978e-40d5-43dd-bc93-6894a57f9324'],
})

/**
 * Lets a gateway retry a request without a key on another replica. The service treats it like any other key.
 */
const GatewayKey = {
  ...IdempotencyKey,
  description:
    'Set by the gateway, which removes it from client requests. Ignored if there is an Idempotency-Key.',
}

const replayedHeader = {
  type: 'string',
  enum: ['true'],
  description: 'Present when a stored answer is replayed.',
}

/** The example is in the demo data, so /docs can try it. */
const ProductId = { ...Uuid, examples: ['00000000-0000-7000-8000-0000000f0001'] }

const placeOrderSchema = {
  summary: 'Place an order for a product at its current price',
  description:
    'With an Idempotency-Key the request can be repeated safely for 24 hours: the first successful answer is replayed, with Idempotent-Replayed: true.',
  tags: ['orders'],
  operationId: 'placeOrder',
  security: bearerSecurity,
  headers: Type.Object({
    'idempotency-key': Type.Optional(IdempotencyKey),
    'x-gateway-idempotency-key': Type.Optional(GatewayKey),
  }),
  body: Type.Object(
    { productId: ProductId, quantity: Type.Optional({ ...Quantity, default: 1 }) },
    { additionalProperties: false },
  ),
  response: {
    201: success('The order.', Order, { ...locationHeader, 'Idempotent-Replayed': replayedHeader }),
    ...problems(400, 401, 403, 404, 409, 413, 415, 422, 500, 502, 503, 504),
  },
}

export type OrderRoutes = { orders: OrderRepository; placeOrder: PlaceOrder; verifyToken: VerifyToken }

export const orderRoutes: FastifyPluginAsyncTypebox<OrderRoutes> = async (
  app,
  { orders, placeOrder, verifyToken },
) => {
  app.addHook('onRequest', authenticate(verifyToken))

  app.get('/orders', { schema: listOrdersSchema }, async (request, reply) => {
    const { limit = pageLimits.defaultLimit, offset, cursor, status } = request.query
    const page = await orders.listOrdersByUser(request.user.id, { limit, offset, cursor, status })
    // the serializer made from the schema takes twice as long, and its string is slow to write to a socket
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
    const { headers } = request
    const { productId, quantity = 1 } = request.body
    const answer = await placeOrder(
      {
        userId: request.user.id,
        productId,
        quantity,
        idempotencyKey: keyOf(headers['idempotency-key'] ?? headers['x-gateway-idempotency-key']),
      },
      callContext(request),
    )
    if (answer.replayed) reply.header('idempotent-replayed', 'true')
    // as text: a replay must have the same bytes, even from a later version of this service
    return reply
      .code(answer.status as 201)
      .header('location', answer.location)
      .type('application/json; charset=utf-8')
      .send(answer.body as never)
  })
}

/** Returns the key without quotes: `"abc"` and `abc` are the same key. */
function keyOf(header: string | undefined): string | undefined {
  return header?.replace(/^"(.*)"$/, '$1')
}
