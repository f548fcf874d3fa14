import { Text, Timestamp, Uuid } from '@shop/shared/schemas'
import { type Static, Type } from 'typebox'

export const orderStatuses = ['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'] as const

export type OrderStatus = (typeof orderStatuses)[number]

export const OrderStatusSchema = Type.Enum([...orderStatuses])

export const Quantity = Type.Integer({ minimum: 1, maximum: 999 })

/** An order as clients see it. What was bought, and for how much, is as it was when the order was placed. */
export const Order = Type.Object(
  {
    id: Uuid,
    userId: Uuid,
    productId: Uuid,
    productName: Text({ maxLength: 200 }),
    quantity: Quantity,
    unitAmount: Type.Integer({
      minimum: 0,
      maximum: 2_147_483_647,
      description: 'The price of one, in minor units of the currency.',
    }),
    totalAmount: Type.Integer({ minimum: 0, description: 'quantity × unitAmount.' }),
    currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217.' }),
    status: OrderStatusSchema,
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { title: 'Order' },
)

export type Order = Static<typeof Order>
