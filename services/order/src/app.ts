import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { createService, type ServiceOptions } from '@shop/service/http/service'
import type { OrderRepository } from './db/order-repository.ts'
import type { PlaceOrder } from './place-order.ts'
import { orderRoutes } from './routes/orders.ts'

export type Dependencies = { orders: OrderRepository; placeOrder: PlaceOrder; verifyToken: VerifyToken }

export function buildApp(
  { orders, placeOrder, verifyToken }: Dependencies,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness'>,
) {
  const app = createService({
    ...options,
    title: 'Order service',
    description: 'Orders: shoppers place them, and list and fetch their own.',
  })
  app.register(orderRoutes, { orders, placeOrder, verifyToken })
  return app
}
