import { Text, Timestamp, Uuid } from '@shop/service/schemas'
import { type Static, type TSchema, Type } from 'typebox'
import { orderNumber } from './order-number.ts'

export const orderStatuses = ['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'] as const

export type OrderStatus = (typeof orderStatuses)[number]

export const OrderStatusSchema = Type.Enum([...orderStatuses], { type: 'string', title: 'OrderStatus' })

/** What can be done to an order; transitions.ts says when and by whom. */
export const verbs = [
  'cancel',
  'pay',
  'ship',
  'track',
  'deliver',
  'refund',
  'readdress',
  'note',
  'revert',
] as const

export type Verb = (typeof verbs)[number]

export const OrderAction = Type.Enum([...verbs], { type: 'string', title: 'OrderAction' })

/** The most items that an order can have. */
export const maxItems = 100

export const Quantity = Type.Integer({ minimum: 1, maximum: 999, examples: [2] })

const ProductName = Text({ maxLength: 200, examples: ['Pour-over kettle'] })

const Amount = (description: string, example: number) =>
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: `${description}, in minor units of the currency.`,
    examples: [example],
  })

/** One product of an order, with its name and price at the time of the order. */
export const OrderItem = Type.Object(
  {
    position: Type.Integer({ minimum: 1, maximum: maxItems }),
    productId: Uuid,
    productName: ProductName,
    quantity: Quantity,
    unitAmount: { ...Amount('The price of one', 4900), maximum: 2_147_483_647 },
  },
  { title: 'OrderItem' },
)

export type OrderItem = Static<typeof OrderItem>

const listed = {
  id: Uuid,
  number: Type.String({
    pattern: '^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$',
    description: 'For people, to read out and to search by. Not unique; never part of an address.',
    examples: [orderNumber('019ddc4c-8c7e-7b1f-9a56-3f0d5c0c7a11')],
  }),
  version: Type.Integer({
    minimum: 1,
    description: 'Counts the changes of the order. Send it as If-Match to change only this version.',
  }),
  userId: Uuid,
  status: OrderStatusSchema,
  productId: { ...Uuid, description: 'The product of the first item.' },
  productName: ProductName,
  itemCount: Type.Integer({ minimum: 1, maximum: maxItems, description: 'How many items the order has.' }),
  totalAmount: Amount('The sum of quantity × unitAmount of the items', 9800),
  refundedAmount: Amount('What has been refunded so far', 0),
  currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.', examples: ['EUR'] }),
  createdAt: Timestamp,
  updatedAt: { ...Timestamp, description: 'The time of the last event of the order.' },
}

const Items = Type.Array(OrderItem, { minItems: 1, maxItems })

/** An order in a list; `items` only if they were asked for. */
export const Order = Type.Object({ ...listed, items: Type.Optional(Items) }, { title: 'Order' })

export type Order = Static<typeof Order>

/** Where an order goes. Erasing personal data leaves the country and the postal code. */
export const ShippingAddress = Type.Object(
  {
    name: Text({ maxLength: 200, examples: ['Alice Example'] }),
    line1: Text({ maxLength: 200, examples: ['1 Example Street'] }),
    line2: Type.Optional(Text({ maxLength: 200 })),
    city: Text({ maxLength: 200, examples: ['Exampletown'] }),
    region: Type.Optional(Text({ maxLength: 200 })),
    postalCode: Type.Optional(Text({ maxLength: 20, examples: ['12345'] })),
    country: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2.', examples: ['DE'] }),
  },
  { additionalProperties: false, title: 'ShippingAddress' },
)

export type ShippingAddress = Static<typeof ShippingAddress>

/** Like Text, for the names of members. */
const metadataKey = '^[^\\u0000\\p{Cs}]{1,40}$'

export const Metadata = Type.Record(
  Type.String({ pattern: metadataKey }),
  Text({ minLength: 0, maxLength: 500 }),
  {
    additionalProperties: false,
    maxProperties: 20,
    title: 'Metadata',
    description: "The caller's own data: at most 20 texts, under names of at most 40 characters.",
    examples: [{ campaign: 'spring' }],
  },
)

export type Metadata = Static<typeof Metadata>

export const Shipment = Type.Object(
  {
    carrier: Text({ maxLength: 100, examples: ['Parcel Post'] }),
    trackingNumber: Text({ maxLength: 100, examples: ['PP123456789'] }),
    trackingUrl: Type.Optional(
      Type.String({
        maxLength: 2000,
        format: 'uri',
        // a link that a page may show: nothing but the web
        pattern: '^https?://[!-~]+$',
        examples: ['https://parcels.example.com/PP123456789'],
      }),
    ),
  },
  { additionalProperties: false, title: 'Shipment' },
)

export type Shipment = Static<typeof Shipment>

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

/** Without the pattern of its names: the serializer of answers reads \p{…} without the flag u, and would drop names. */
const StoredMetadata = Type.Unsafe<Metadata>(
  Type.Object({}, { additionalProperties: Type.String(), title: 'StoredMetadata' }),
)

/** What an order has in addition when it is fetched by itself. */
const details = {
  items: Items,
  shippingAddress: nullable(
    Type.Partial(ShippingAddress, {
      title: 'StoredAddress',
      description: 'A ShippingAddress, or only its country and postalCode once personal data is erased.',
    }),
  ),
  metadata: nullable(StoredMetadata),
  shipment: nullable(Shipment),
  latePayment: Type.Boolean({
    description: 'A payment arrived after the order was cancelled, and has not been refunded in full.',
  }),
  actions: Type.Array(OrderAction, {
    description: 'What the caller may do to the order now.',
  }),
}

/** One order. */
export const OrderDetails = Type.Object(
  {
    ...listed,
    ...details,
    paymentReference: Type.Optional(
      Type.Union([Type.String(), Type.Null()], { description: 'Only operators see it.' }),
    ),
  },
  { title: 'OrderDetails' },
)

export type OrderDetails = Static<typeof OrderDetails>
