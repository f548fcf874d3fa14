import { createService, type ServiceOptions } from '@shop/service/http/service'
import manifest from '../package.json' with { type: 'json' }
import { type OrderRoutes, orderRoutes } from './routes/orders.ts'

export function buildApp(
  dependencies: OrderRoutes,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness' | 'limits'>,
) {
  const app = createService({
    ...options,
    version: manifest.version,
    title: 'Order service',
    description: 'Orders: shoppers place them, and list and fetch their own.',
  })
  app.register(orderRoutes, dependencies)
  return app
}
