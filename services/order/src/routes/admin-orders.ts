import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity, requireRole } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { callContext } from '@shop/service/client/service-client'
import { commonCodes, problem, problems, success } from '@shop/service/http/responses'
import { pageLimits } from '@shop/service/paging/paging'
import { PageQuery } from '@shop/service/paging/schemas'
import { Text, Uuid } from '@shop/service/schemas'
import { type Static, Type } from 'typebox'
import type { UserClient } from '../clients/user-client.ts'
import { customerOf, customersOf, userIdOf } from '../customers.ts'
import {
  type AdminOrderPage,
  type AdminOrderRepository,
  checkListOptions,
  maxCount,
} from '../db/admin-order-repository.ts'
import { Instant } from '../instants.ts'
import { Order, OrderDetails, type OrderStatus, orderStatuses } from '../order.ts'
import { orderNumberPattern } from '../order-number.ts'
import { etagHeader, etagOf } from './headers.ts'
import { OperatorsEvent } from './order-changes.ts'

const Customer = Type.Union(
  [Type.Object({ id: Uuid, name: Type.String(), email: Type.String() }, { title: 'Customer' }), Type.Null()],
  {
    description: 'Who placed the order. Null if unknown: the account is deleted, or cannot be looked up now.',
  },
)

const anyStatus = `(?:${orderStatuses.join('|')})`

const plusInQuery = 'A + in a query is written %2B.'

const filters = {
  status: Type.Optional(
    Type.String({
      pattern: `^${anyStatus}(?:,${anyStatus}){0,${orderStatuses.length - 1}}$`,
      description: `One or several of ${orderStatuses.join(', ')}, separated by commas.`,
      examples: ['paid', 'pending,paid'],
    }),
  ),
  userId: Type.Optional({ ...Uuid, description: 'Who placed the order.' }),
  email: Type.Optional(
    Type.String({
      format: 'email',
      maxLength: 254,
      description: `The customer's whole email, in any capitalisation. ${plusInQuery}`,
      examples: ['alice@example.com'],
    }),
  ),
  productId: Type.Optional({ ...Uuid, description: 'The product of any item.' }),
  trackingNumber: Type.Optional(
    Text({ maxLength: 100, description: 'The whole tracking number.', examples: ['PP123456789'] }),
  ),
  createdFrom: Type.Optional({
    ...Instant,
    description: `Only orders placed at this time or later. ${plusInQuery}`,
  }),
  createdTo: Type.Optional({
    ...Instant,
    description: `Only orders placed before this time. ${plusInQuery}`,
  }),
  number: Type.Optional(
    Type.String({
      pattern: orderNumberPattern,
      description:
        'The number of an order, or at least its first four characters, in any case. Several orders can match.',
      examples: ['7KQ4M-2XD9T', '7kq4'],
    }),
  ),
  id: Type.Optional({ ...Uuid, description: 'The whole id of an order.' }),
  latePayment: Type.Optional(
    Type.Enum(['true'], {
      type: 'string',
      description: 'Only orders that were paid after they were cancelled, and are not refunded in full.',
    }),
  ),
}

const { limit, cursor } = PageQuery

const listSchema = {
  summary: "All users' orders, newest first",
  description:
    'Every answer comes from an index, so these filters can be combined: status with userId or email; productId alone; latePayment alone; each also with createdFrom and createdTo. With id, number or trackingNumber, which find few orders, all filters can be combined. Other combinations are refused with unsupported_filters.',
  tags: ['operators'],
  operationId: 'listOrdersAsOperator',
  security: bearerSecurity,
  querystring: Type.Object(
    {
      limit,
      // Optional again: a copy of an optional schema is required
      cursor: Type.Optional({
        ...cursor,
        description: 'meta.nextCursor of the previous page, with the same filters.',
      }),
      ...filters,
      countUpTo: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: maxCount,
          description:
            'Adds meta.count: how many orders match, counted up to this number. There is no count of all orders, because counting a million takes too long.',
        }),
      ),
      include: Type.Optional(
        Type.Enum(['items'], { type: 'string', description: 'Adds the items to each order.' }),
      ),
    },
    { additionalProperties: false },
  ),
  response: {
    200: success(
      'A page of orders.',
      Type.Object(
        {
          data: Type.Array(
            Type.Object(
              { ...Order.properties, latePayment: OrderDetails.properties.latePayment, customer: Customer },
              { title: 'OperatorsOrder' },
            ),
          ),
          meta: Type.Object(
            {
              limit: Type.Integer(),
              nextCursor: Type.Union([Type.String(), Type.Null()]),
              count: Type.Optional(
                Type.Integer({ description: 'Matching orders, countUpTo at most. Only with countUpTo.' }),
              ),
              countIsExact: Type.Optional(
                Type.Boolean({ description: 'False if more orders match than were counted.' }),
              ),
              customers: Type.Enum(['available', 'unavailable'], {
                type: 'string',
                description: 'Unavailable if the User service could not be asked: then no customer is known.',
              }),
            },
            { title: 'OperatorsPageMeta' },
          ),
        },
        { title: 'OperatorsOrderPage' },
      ),
    ),
    ...problems(401, 500, 502, 504),
    ...problem(400, [...commonCodes[400], 'unsupported_filters']),
    ...problem(403, [...commonCodes[403], 'upstream_forbidden']),
    ...problem(503, [...commonCodes[503], 'upstream_unavailable']),
  },
}

const getSchema = {
  summary: 'Any order, with its history and its customer',
  description: 'customer is null if the account is deleted, or cannot be looked up now.',
  tags: ['operators'],
  operationId: 'getOrderAsOperator',
  security: bearerSecurity,
  params: Type.Object({ id: Uuid }),
  response: {
    200: success(
      'The order.',
      Type.Object(
        {
          ...OrderDetails.properties,
          history: Type.Array(OperatorsEvent, { description: 'All events, oldest first.' }),
          customer: Customer,
        },
        { title: 'OperatorsOrderDetails' },
      ),
      etagHeader,
    ),
    ...problems(400, 401, 403, 500, 503),
    ...problem(404, ['order_not_found']),
  },
}

export type AdminOrderRoutes = {
  adminOrders: AdminOrderRepository
  /** Undefined if no User service is configured. */
  users: UserClient | undefined
  verifyToken: VerifyToken
}

/** What operators see of all users' orders; order-changes.ts has what they do. */
export const adminOrderRoutes: FastifyPluginAsyncTypebox<AdminOrderRoutes> = async (
  app,
  { adminOrders, users, verifyToken },
) => {
  app.addHook('onRequest', authenticate(verifyToken))
  app.addHook('onRequest', requireRole('admin'))

  app.get('/admin/orders', { schema: listSchema }, async (request) => {
    const { query } = request
    const { limit = pageLimits.defaultLimit } = query
    const options = { ...optionsOf(query), limit }
    // before the User service is asked
    checkListOptions({ ...options, email: query.email })
    const userId = await userIdOf(users, query, callContext(request))
    const page = userId === 'nobody' ? noOrders(query) : await adminOrders.listOrders({ ...options, userId })
    const customers = await customersOf(
      users,
      page.orders.map((order) => order.userId),
      callContext(request),
    )
    return {
      data: page.orders.map((order) => ({ ...order, customer: customers?.get(order.userId) ?? null })),
      meta: {
        limit,
        nextCursor: page.nextCursor,
        ...(page.count && { count: page.count.value, countIsExact: page.count.isExact }),
        customers: customers ? ('available' as const) : ('unavailable' as const),
      },
    }
  })

  app.get('/admin/orders/:id', { schema: getSchema }, async (request, reply) => {
    const { order, history } = await adminOrders.findOrder(request.params.id)
    const customer = await customerOf(users, order.userId, callContext(request))
    reply.header('etag', etagOf(order.version))
    return { ...order, history, customer }
  })
}

/** Returns the query as the repository takes it. */
function optionsOf(query: Static<typeof listSchema.querystring>) {
  const { email: _, status, latePayment, include, ...same } = query
  return {
    ...same,
    status: status?.split(',') as OrderStatus[] | undefined,
    latePayment: latePayment === undefined ? undefined : (true as const),
    withItems: include === 'items',
  }
}

const noOrders = ({ countUpTo }: { countUpTo?: number }): AdminOrderPage => ({
  orders: [],
  nextCursor: null,
  count: countUpTo === undefined ? undefined : { value: 0, isExact: true },
})
