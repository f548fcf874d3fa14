import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity } from '@shop/shared/authenticate'
import { Page, PageQuery, problems, Uuid } from '@shop/shared/schemas'
import { Type } from 'typebox'
import type { Dependencies } from '../app.ts'
import { Order, OrderStatusSchema } from '../order.ts'

const listOrdersSchema = {
  summary: "The caller's own orders, newest first",
  tags: ['orders'],
  operationId: 'listOrders',
  security: bearerSecurity,
  querystring: Type.Object(
    { ...PageQuery, status: Type.Optional(OrderStatusSchema) },
    { additionalProperties: false },
  ),
  response: { 200: Page(Order), ...problems(400, 401, 500, 503) },
}

const getOrderSchema = {
  summary: "One of the caller's own orders",
  tags: ['orders'],
  operationId: 'getOrder',
  security: bearerSecurity,
  params: Type.Object({ id: Uuid }),
  response: { 200: Order, ...problems(400, 401, 404, 500, 503) },
}

export const orderRoutes: FastifyPluginAsyncTypebox<Dependencies> = async (app, { orders, verifyToken }) => {
  app.addHook('onRequest', authenticate(verifyToken))

  app.get('/orders', { schema: listOrdersSchema }, async (request) => {
    const { limit = 20, offset, cursor, status } = request.query
    const page = await orders.listOrdersByUser(request.user.id, { limit, offset, cursor, status })
    return {
      data: page.orders,
      meta: { count: page.count, limit, offset: offset ?? 0, nextCursor: page.nextCursor },
    }
  })

  app.get('/orders/:id', { schema: getOrderSchema }, async (request) => {
    return orders.findOrder(request.user.id, request.params.id)
  })
}
