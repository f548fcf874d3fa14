import { Text, Timestamp, Uuid } from '@shop/service/schemas'
import { type Static, Type } from 'typebox'

export const orderStatuses = ['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'] as const

export type OrderStatus = (typeof orderStatuses)[number]

export const OrderStatusSchema = Type.Enum([...orderStatuses], { type: 'string' })

export const Quantity = Type.Integer({ minimum: 1, maximum: 999, examples: [2] })

/** An order as clients see it. Product name and price are those at the time of the order. */
export const Order = Type.Object(
  {
    id: Uuid,
    userId: Uuid,
    productId: Uuid,
    productName: Text({ maxLength: 200, examples: ['Pour-over kettle'] }),
    quantity: Quantity,
    unitAmount: Type.Integer({
      minimum: 0,
      maximum: 2_147_483_647,
      description: 'The price of one, in minor units of the currency.',
      examples: [4900],
    }),
    totalAmount: Type.Integer({ minimum: 0, description: 'quantity × unitAmount.', examples: [9800] }),
    currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.', examples: ['EUR'] }),
    status: OrderStatusSchema,
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { title: 'Order' },
)

export type Order = Static<typeof Order>
