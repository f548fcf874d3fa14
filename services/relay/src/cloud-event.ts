import { toTimestamp } from '@shop/service/database/timestamp'
import { Text, Timestamp, Uuid } from '@shop/service/schemas'
import { Type } from 'typebox'
import type { FeedRow, Order } from './db/feed-repository.ts'
import { orderData } from './order-data.ts'

/** What an event can be about. */
export const eventTypes = [
  'placed',
  'paid',
  'paid_late',
  'shipped',
  'tracked',
  'delivered',
  'cancelled',
  'refunded',
  'readdressed',
  'noted',
  'reverted',
  'erased',
] as const

export type EventNames = {
  /** The source of all events: who says so. */
  eventSource: string
  /** What their types begin with. */
  eventTypePrefix: string
}

const typeOf = (type: string, { eventTypePrefix }: EventNames) => `${eventTypePrefix}.orders.${type}.v1`

/** Returns an event as CloudEvents 1.0 in JSON, always with the same bytes. `order` is undefined when it was deleted. */
export function cloudEvent(row: FeedRow, order: Order | undefined, names: EventNames): string {
  const { id, position, type, orderId, userId, version, status, at, traceparent } = row
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: names.eventSource,
    type: typeOf(type, names),
    subject: orderId,
    time: toTimestamp(at),
    partitionkey: orderId,
    sequence: String(position).padStart(20, '0'),
    ...(traceparent !== null && { traceparent }),
    datacontenttype: 'application/json',
    data:
      order && status !== null
        ? orderData({ orderId, userId, version, status, at }, order.facts, order.steps)
        : { id: orderId, userId, version },
  })
}

const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

const Name = Text({ maxLength: 200, examples: ['Pour-over kettle'] })

const Version = Type.Integer({ minimum: 1 })

const nullable = <Schema extends object>(schema: Schema) => Type.Union([schema, Type.Null()])

const EventOrder = Type.Object(
  {
    id: Uuid,
    number: Type.String({ description: 'For people. Not unique.', examples: ['7KQ4M-2XD9T'] }),
    version: Version,
    userId: Uuid,
    status: Type.Enum(['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'], {
      type: 'string',
      title: 'OrderStatus',
    }),
    productId: { ...Uuid, description: 'The product of the first item.' },
    productName: Name,
    itemCount: Type.Integer({ minimum: 1, maximum: 100 }),
    totalAmount: Amount,
    currency: Type.String({ pattern: '^[A-Z]{3}$', examples: ['EUR'] }),
    refundedAmount: Amount,
    createdAt: Timestamp,
    updatedAt: Timestamp,
    items: Type.Array(
      Type.Object(
        {
          position: Type.Integer({ minimum: 1, maximum: 100 }),
          productId: Uuid,
          productName: Type.Optional({
            ...Name,
            description: 'Absent from all items of an order whose items would take more than 48 KiB.',
          }),
          quantity: Type.Integer({ minimum: 1, maximum: 999 }),
          unitAmount: Amount,
        },
        { title: 'EventOrderItem' },
      ),
    ),
    shipment: nullable(
      Type.Object(
        {
          carrier: Type.String(),
          trackingNumber: Type.String(),
          trackingUrl: Type.Optional(Type.String()),
        },
        { title: 'EventShipment' },
      ),
    ),
    latePayment: Type.Boolean({
      description: 'A payment arrived after the order was cancelled, and has not been refunded in full.',
    }),
  },
  { title: 'EventOrder', description: 'The order as it was after the event. Money is in minor units.' },
)

const DeletedOrder = Type.Object(
  { id: Uuid, userId: Uuid, version: Version },
  {
    title: 'DeletedOrder',
    additionalProperties: false,
    description: 'What is left of an order that was deleted from the database by hand.',
  },
)

const titleOf = (type: string) =>
  `Order${type.replace(/(?:^|_)(\w)/g, (_, first: string) => first.toUpperCase())}Event`

/** Returns the schema of all events; each type has a schema of its own in it. */
export function cloudEventSchema(names: EventNames) {
  return Type.Union(
    eventTypes.map((type) =>
      Type.Object(
        {
          specversion: Type.Literal('1.0'),
          id: { ...Uuid, description: 'Of this event alone; drop events whose id you have seen.' },
          source: Type.Literal(names.eventSource),
          type: Type.Literal(typeOf(type, names)),
          subject: { ...Uuid, description: 'The order.' },
          time: Timestamp,
          partitionkey: { ...Uuid, description: 'The order again: its events come in order.' },
          sequence: Type.String({ pattern: '^\\d{20}$', description: 'The position in the feed.' }),
          traceparent: Type.Optional(
            Type.String({ description: 'The trace of the request that changed the order.' }),
          ),
          datacontenttype: Type.Literal('application/json'),
          data: Type.Union([EventOrder, DeletedOrder], { title: 'EventData' }),
        },
        { title: titleOf(type) },
      ),
    ),
    {
      title: 'Event',
      description: 'An event of an order, by its type.',
      discriminator: { propertyName: 'type' },
    },
  )
}
