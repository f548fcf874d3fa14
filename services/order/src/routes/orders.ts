import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity } from '@shop/service/auth/authenticate'
import { callerProfile } from '@shop/service/auth/caller-profile'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { callContext } from '@shop/service/client/service-client'
import { commonCodes, locationHeader, problem, problems, success } from '@shop/service/http/responses'
import { pageLimits } from '@shop/service/paging/paging'
import { Page, PageQuery } from '@shop/service/paging/schemas'
import { Uuid } from '@shop/service/schemas'
import { throwIfInvalid } from '@shop/service/validation'
import { type Static, Type } from 'typebox'
import type { OrderRepository } from '../db/order-repository.ts'
import {
  Metadata,
  maxItems,
  Order,
  OrderDetails,
  OrderStatusSchema,
  Quantity,
  ShippingAddress,
} from '../order.ts'
import type { PlaceOrder } from '../place-order.ts'
import {
  etagHeader,
  etagOf,
  IdempotencyHeaders,
  idempotencyKeyOf,
  replayedHeader,
  sendAnswer,
} from './headers.ts'

const listOrdersSchema = {
  summary: "The caller's own orders, newest first",
  description:
    'Pages by cursor at any depth, or by offset near the beginning. meta.count is the number of all matching orders.',
  tags: ['orders'],
  operationId: 'listOrders',
  security: bearerSecurity,
  querystring: Type.Object(
    {
      ...PageQuery,
      status: Type.Optional({ ...OrderStatusSchema, description: 'Only orders with this status.' }),
      include: Type.Optional(
        Type.Enum(['items'], { type: 'string', description: 'Adds the items to each order.' }),
      ),
    },
    { additionalProperties: false },
  ),
  response: {
    200: success('A page of orders.', Page(Order, { title: 'OrderPage' })),
    ...problems(400, 401, 500, 503),
  },
}

const getOrderSchema = {
  summary: "One of the caller's own orders",
  description:
    "With its items, address and shipment, and what the caller may do now. Another user's order gets the same 404 as one that does not exist.",
  tags: ['orders'],
  operationId: 'getOrder',
  security: bearerSecurity,
  params: Type.Object({ id: Uuid }),
  response: {
    200: success('The order.', OrderDetails, etagHeader),
    ...problems(400, 401, 500, 503),
    ...problem(404, ['order_not_found']),
  },
}

/** The example is in the demo data, so /docs can try it. */
const ProductId = { ...Uuid, examples: ['00000000-0000-7000-8000-0000000f0001'] }

const Item = Type.Object(
  { productId: ProductId, quantity: Type.Optional({ ...Quantity, default: 1 }) },
  { title: 'NewOrderItem', additionalProperties: false },
)

const placeOrderSchema = {
  summary: 'Place an order for one or several products at their current prices',
  description:
    'Give either `items` or, for a single product, `productId` and `quantity`. With an Idempotency-Key the request can be repeated safely for 24 hours: the first successful answer is replayed, with Idempotent-Replayed: true.',
  tags: ['orders'],
  operationId: 'placeOrder',
  security: bearerSecurity,
  headers: Type.Object(IdempotencyHeaders),
  body: Type.Object(
    {
      items: Type.Optional(
        Type.Array(Item, { minItems: 1, maxItems, description: 'Each product once, all in one currency.' }),
      ),
      productId: Type.Optional(ProductId),
      quantity: Type.Optional({ ...Quantity, description: 'With productId; 1 when absent.' }),
      shippingAddress: Type.Optional(ShippingAddress),
      metadata: Type.Optional(Metadata),
    },
    { title: 'NewOrder', additionalProperties: false },
  ),
  response: {
    201: success('The order.', OrderDetails, { ...locationHeader, ...etagHeader, ...replayedHeader }),
    ...problems(400, 401, 413, 415, 500, 502, 504),
    ...problem(403, ['insufficient_scope', 'unknown_user', 'upstream_forbidden']),
    ...problem(404, ['product_not_found']),
    ...problem(409, ['idempotency_in_progress']),
    ...problem(422, ['idempotency_key_reused']),
    ...problem(503, [...commonCodes[503], 'upstream_unavailable']),
  },
}

export type OrderRoutes = { orders: OrderRepository; placeOrder: PlaceOrder; verifyToken: VerifyToken }

export const orderRoutes: FastifyPluginAsyncTypebox<OrderRoutes> = async (
  app,
  { orders, placeOrder, verifyToken },
) => {
  app.addHook('onRequest', authenticate(verifyToken))

  app.get('/orders', { schema: listOrdersSchema }, async (request, reply) => {
    const { limit = pageLimits.defaultLimit, offset, cursor, status, include } = request.query
    const withItems = include === 'items'
    const page = await orders.listOrdersByUser(request.user.id, { limit, offset, cursor, status, withItems })
    // the serializer made from the schema takes twice as long, and its string is slow to write to a socket
    reply.serializer(JSON.stringify).type('application/json; charset=utf-8')
    return {
      data: page.orders,
      meta: { count: page.count, limit, offset: offset ?? 0, nextCursor: page.nextCursor },
    }
  })

  app.get('/orders/:id', { schema: getOrderSchema }, async (request, reply) => {
    const order = await orders.findOrder(request.user.id, request.params.id)
    reply.header('etag', etagOf(order.version))
    return order
  })

  app.post('/orders', { schema: placeOrderSchema }, async (request, reply) => {
    const { shippingAddress, metadata } = request.body
    const answer = await placeOrder(
      {
        user: request.user,
        profile: () => callerProfile(request),
        items: itemsOf(request.body),
        shippingAddress,
        metadata,
        idempotencyKey: idempotencyKeyOf(request.headers),
      },
      callContext(request),
    )
    reply.header('location', answer.location)
    return sendAnswer(reply, answer)
  })
}

/** Returns the items of either form. Throws ValidationError. */
function itemsOf({ items, productId, quantity }: Static<typeof placeOrderSchema.body>) {
  throwIfInvalid(
    items === undefined && productId === undefined
      ? [{ pointer: '', detail: 'must have items, or productId for a single product' }]
      : [],
    items !== undefined && productId !== undefined
      ? [{ pointer: '/productId', detail: 'cannot be combined with items' }]
      : [],
    quantity !== undefined && productId === undefined
      ? [{ pointer: '/quantity', detail: 'must come with productId; each of the items has its own' }]
      : [],
  )
  const given = items ?? [{ productId: productId as string, quantity }]
  return given.map((item) => ({ ...item, quantity: item.quantity ?? 1 }))
}
