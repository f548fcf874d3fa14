import { createService, type ServiceOptions } from '@shop/shared/service'
import type { VerifyToken } from '@shop/shared/token-verifier'
import type { OrderRepository } from './db/order-repository.ts'
import { orderRoutes } from './routes/orders.ts'

export type Dependencies = { orders: OrderRepository; verifyToken: VerifyToken }

export function buildApp(
  { orders, verifyToken }: Dependencies,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness'>,
) {
  const app = createService({
    ...options,
    title: 'Order service',
    description: 'Orders: shoppers list and fetch their own.',
  })
  app.register(orderRoutes, { orders, verifyToken })
  return app
}
