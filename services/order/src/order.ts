import { Timestamp, Uuid } from '@shop/shared/schemas'
import { type Static, Type } from 'typebox'

export const orderStatuses = ['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'] as const

export type OrderStatus = (typeof orderStatuses)[number]

export const OrderStatusSchema = Type.Enum([...orderStatuses])

/** An order as clients see it. */
export const Order = Type.Object(
  {
    id: Uuid,
    userId: Uuid,
    productId: Uuid,
    status: OrderStatusSchema,
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { title: 'Order' },
)

export type Order = Static<typeof Order>
