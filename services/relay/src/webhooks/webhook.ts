import { Text, Timestamp, Uuid } from '@shop/service/schemas'
import { type Static, Type } from 'typebox'
import { eventTypes } from '../cloud-event.ts'

const EventType = Type.Enum([...eventTypes], { type: 'string', title: 'EventType' })

const members = {
  url: Type.String({
    minLength: 1,
    maxLength: 2048,
    description:
      'Where events are sent. Its addresses must be public ones, unless a setting allows others; redirects are not followed.',
    examples: ['https://example.com/hooks/orders'],
  }),
  types: Type.Array(EventType, {
    minItems: 1,
    maxItems: eventTypes.length,
    uniqueItems: true,
    description: 'Only events of these types. When absent: all, also types that are added later.',
  }),
  ordered: Type.Boolean({
    description:
      'Whether an event waits until the earlier ones of its order have been delivered or parked. Other orders never wait.',
  }),
  description: Text({ minLength: 0, maxLength: 200, description: 'For people.' }),
}

export const NewWebhook = Type.Object(
  {
    url: members.url,
    types: Type.Optional(members.types),
    ordered: Type.Optional({ ...members.ordered, default: false }),
    description: Type.Optional({ ...members.description, default: '' }),
  },
  { title: 'NewWebhook', additionalProperties: false },
)

export type NewWebhook = Static<typeof NewWebhook>

/** No defaults in here: they would overwrite what a change leaves out. */
export const WebhookChange = Type.Object(
  {
    url: Type.Optional(members.url),
    types: Type.Optional(Type.Union([members.types, Type.Null()], { description: 'null: all types.' })),
    ordered: Type.Optional(members.ordered),
    description: Type.Optional(members.description),
    enabled: Type.Optional(
      Type.Boolean({
        description: 'false stops sending; true goes on with the first event that was not delivered.',
      }),
    ),
  },
  { title: 'WebhookChange', additionalProperties: false, minProperties: 1 },
)

export type WebhookChange = Static<typeof WebhookChange>

const nullable = <Schema extends object>(schema: Schema, description: string) =>
  Type.Union([schema, Type.Null()], { description })

export const Webhook = Type.Object(
  {
    id: Uuid,
    url: Type.String(),
    types: nullable(Type.Array(Type.String()), 'null: all types.'),
    ordered: Type.Boolean(),
    description: Type.String(),
    enabled: Type.Boolean(),
    disabledReason: nullable(
      Type.Enum(['operator', 'gone'], { type: 'string', title: 'DisabledReason' }),
      'gone: the receiver has answered 410. null while it is enabled.',
    ),
    behind: Type.Integer({
      minimum: 0,
      description: 'How many events of the feed it has not come to yet, whatever their type.',
    }),
    pausedUntil: nullable(
      Timestamp,
      'Nothing is sent until then, because the receiver has answered with Retry-After.',
    ),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { title: 'Webhook' },
)

export type Webhook = Static<typeof Webhook>

const Secret = Type.String({
  description: 'What messages are signed with, shown only here.',
  examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
})

export const WebhookWithSecret = Type.Object(
  { ...Webhook.properties, secret: Secret },
  { title: 'WebhookWithSecret' },
)

export const deliveryStates = ['waiting', 'delivered', 'parked'] as const

export type DeliveryState = (typeof deliveryStates)[number]

export const DeliveryState = Type.Enum(deliveryStates, {
  type: 'string',
  title: 'DeliveryState',
  description: 'parked: the last attempt has failed, and it is sent again only on request.',
})

const lastAttempt = {
  status: nullable(Type.Integer(), 'Of the last answer. null without one.'),
  reason: nullable(
    Type.String(),
    'Why the last attempt failed: status, address_refused, name_not_resolved, connection_failed, connection_closed, tls_failed, timed_out, invalid_answer, or event_expired.',
  ),
  answer: nullable(Type.String(), 'The first 1024 bytes of the last answer, if it reported a failure.'),
  durationMs: nullable(Type.Integer({ minimum: 0 }), 'How long the last attempt took.'),
}

export const Delivery = Type.Object(
  {
    eventId: { ...Uuid, description: 'The id of the event, and so of the delivery.' },
    type: Type.String({ examples: ['placed'] }),
    orderId: Uuid,
    state: DeliveryState,
    attempts: Type.Integer({ minimum: 0 }),
    nextAttemptAt: nullable(Timestamp, 'null unless it waits.'),
    ...lastAttempt,
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { title: 'Delivery' },
)

export type Delivery = Static<typeof Delivery>

export const PingResult = Type.Object({ delivered: Type.Boolean(), ...lastAttempt }, { title: 'PingResult' })
