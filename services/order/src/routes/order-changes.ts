import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity, requireRole } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { traceparentOf } from '@shop/service/client/trace-context'
import { problem, problems, success } from '@shop/service/http/responses'
import { Timestamp, Uuid } from '@shop/service/schemas'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { ChangeOrder } from '../change-order.ts'
import type { HistoryEvent, OrderHistory } from '../db/order-history.ts'
import { OrderAction, OrderDetails, OrderStatusSchema, orderStatuses } from '../order.ts'
import {
  type Condition,
  eventTypes,
  type Party,
  shownToOwner,
  type Transition,
  transitions,
} from '../transitions.ts'
import {
  etagHeader,
  IdempotencyHeaders,
  IfMatch,
  idempotencyKeyOf,
  replayedHeader,
  sendAnswer,
  versionsOf,
} from './headers.ts'

const Actor = Type.Object(
  { id: Uuid, role: Type.String({ examples: ['admin'] }) },
  { title: 'Actor', description: 'Who did it. Only operators see it.' },
)

const EventTypeSchema = Type.Enum([...eventTypes], { type: 'string', title: 'EventType' })

const event = {
  version: Type.Integer({ minimum: 1, description: 'The version of the order that the event made.' }),
  type: EventTypeSchema,
  status: { ...OrderStatusSchema, description: 'Of the order, after the event.' },
  at: Timestamp,
  amount: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'The money that moved, in minor units; null for other events.',
  }),
  data: Type.Object({}, { additionalProperties: true, description: 'What the event recorded.' }),
}

/** The history of an order as its owner sees it: without notes, and without who acted. */
const OwnersHistory = Type.Object(
  { data: Type.Array(Type.Object(event, { title: 'OwnOrderEvent' })) },
  { title: 'OrderHistory' },
)

export const OperatorsEvent = Type.Object({ ...event, actor: Actor }, { title: 'OrderEvent' })

const OperatorsHistory = Type.Object({ data: Type.Array(OperatorsEvent) }, { title: 'OperatorsOrderHistory' })

/** What a refused change says about the order as it is. */
const CurrentOrder = Type.Object(
  {
    id: Uuid,
    status: OrderStatusSchema,
    version: Type.Integer({ minimum: 1 }),
    actions: Type.Array(OrderAction),
    lastEvent: Type.Object(
      { type: EventTypeSchema, at: Timestamp, actor: Type.Optional(Actor) },
      { title: 'LastEvent' },
    ),
  },
  { title: 'CurrentOrder', description: 'The order as it is. Absent if an Idempotency-Key is in progress.' },
)

const members = { order: Type.Optional(CurrentOrder) }

const OrderParams = Type.Object({ id: Uuid })

/** Those that decide whether something can be done at all; the others decide what becomes of the order. */
const conditions: Partial<Record<Condition, string>> = {
  neverPaid: 'if no payment is recorded',
  latePayment: 'if a payment arrived afterwards',
}

const anyOf = new Intl.ListFormat('en', { type: 'disjunction' })

const isAlwaysPossible = ({ moves }: Transition) =>
  orderStatuses.every((status) => moves.some(({ from }) => from.includes(status)))

/** Returns a sentence that says in which statuses something can be done. */
function describeStatuses(transition: Transition): string {
  if (isAlwaysPossible(transition)) return 'Possible in every status.'
  const statuses = transition.moves.flatMap(({ from, if: condition }) => {
    const limit = condition && conditions[condition]
    return from.map((status) => (limit ? `${status} (${limit})` : status))
  })
  return `Possible while the order is ${anyOf.format(new Set(statuses))}; otherwise 409 illegal_transition.`
}

/** Returns the codes of a 409. */
function conflictsOf(transition: Transition): string[] {
  return [
    'idempotency_in_progress',
    ...(isAlwaysPossible(transition) ? [] : ['illegal_transition']),
    ...(transition.verb === 'refund' ? ['refund_too_large'] : []),
  ]
}

function changeSchema(transition: Transition) {
  const { verb, by, summary, body } = transition
  return {
    summary,
    description: describeStatuses(transition),
    tags: [by === 'owner' ? 'orders' : 'operators'],
    operationId: `${verb}Order${by === 'owner' ? '' : 'AsOperator'}`,
    security: bearerSecurity,
    params: OrderParams,
    headers: Type.Object({ ...IdempotencyHeaders, 'if-match': Type.Optional(IfMatch) }),
    body,
    response: {
      200: success('The order after the change.', OrderDetails, { ...etagHeader, ...replayedHeader }),
      ...problems(400, 401, 413, 415, 500, 503),
      ...(by === 'operator' && problems(403)),
      ...problem(404, ['order_not_found']),
      ...problem(409, conflictsOf(transition), members),
      ...problem(412, ['version_mismatch'], members),
      ...problem(422, ['idempotency_key_reused']),
    },
  }
}

const historySchema = {
  summary: 'What has happened to an order, oldest first',
  security: bearerSecurity,
  params: OrderParams,
}

const getOwnHistorySchema = {
  ...historySchema,
  tags: ['orders'],
  operationId: 'getOrderHistory',
  description: 'One event for each change, without notes of operators and without who acted.',
  response: {
    200: success('The events.', OwnersHistory),
    ...problems(400, 401, 500, 503),
    ...problem(404, ['order_not_found']),
  },
}

const getAnyHistorySchema = {
  ...historySchema,
  tags: ['operators'],
  operationId: 'getOrderHistoryAsOperator',
  description: 'One event for each change, with who acted.',
  response: {
    200: success('The events.', OperatorsHistory),
    ...problems(400, 401, 403, 500, 503),
    ...problem(404, ['order_not_found']),
  },
}

export type OrderChangeRoutes = { changeOrder: ChangeOrder; history: OrderHistory; verifyToken: VerifyToken }

/** What happens to an order after it is placed: its owner's routes and the operators'. */
export const orderChangeRoutes: FastifyPluginAsyncTypebox<OrderChangeRoutes> = async (
  app,
  { changeOrder, history, verifyToken },
) => {
  app.addHook('onRequest', authenticate(verifyToken))

  app.register(async (owners) => {
    addTransitions(owners, 'owner', changeOrder)
    owners.get<{ Params: { id: string } }>(
      '/orders/:id/history',
      { schema: getOwnHistorySchema },
      async ({ user, params }) => {
        const events = await history.listEvents(params.id, { userId: user.id })
        return { data: events.flatMap(ownersEvent) }
      },
    )
  })

  app.register(async (operators) => {
    operators.addHook('onRequest', requireRole('admin'))
    addTransitions(operators, 'operator', changeOrder)
    operators.get<{ Params: { id: string } }>(
      '/admin/orders/:id/history',
      { schema: getAnyHistorySchema },
      async ({ params }) => ({ data: await history.listEvents(params.id) }),
    )
  })
}

function addTransitions(app: FastifyInstance, party: Party, changeOrder: ChangeOrder) {
  for (const transition of transitions.filter(({ by }) => by === party)) {
    const { verb } = transition
    app.post<{
      Params: { id: string }
      Body: Record<string, unknown>
    }>(
      `${party === 'owner' ? '' : '/admin'}/orders/:id/${verb}`,
      {
        schema: changeSchema(transition),
        preValidation: async (request) => {
          // a verb without required members can be sent without a body
          if (request.body === undefined) request.body = {}
        },
      },
      async ({ user, params, headers, body }, reply) => {
        const versions = versionsOf(headers['if-match'])
        const idempotencyKey = idempotencyKeyOf(headers)
        const answer = await changeOrder({
          orderId: params.id,
          verb,
          party,
          user,
          body,
          versions,
          idempotencyKey,
          traceparent: traceparentOf(headers),
        })
        return sendAnswer(reply, answer)
      },
    )
  }
}

/** Returns the event as the owner sees it, or nothing if it is not for the owner. */
function ownersEvent({ actor: _, data, ...event }: HistoryEvent) {
  const shown = shownToOwner(event.type)
  if (!shown) return []
  const visible = Object.entries(data).filter(([name]) => shown.includes(name))
  return [{ ...event, data: Object.fromEntries(visible) }]
}
