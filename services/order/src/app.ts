import { createService, type ServiceOptions } from '@shop/service/http/service'
import manifest from '../package.json' with { type: 'json' }
import { type AdminOrderRoutes, adminOrderRoutes } from './routes/admin-orders.ts'
import { type AdminStatsRoutes, adminStatsRoutes } from './routes/admin-stats.ts'
import { type OrderChangeRoutes, orderChangeRoutes } from './routes/order-changes.ts'
import { type OrderRoutes, orderRoutes } from './routes/orders.ts'

export function buildApp(
  dependencies: OrderRoutes & OrderChangeRoutes & AdminOrderRoutes & AdminStatsRoutes,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness' | 'limits'>,
) {
  const app = createService({
    ...options,
    version: manifest.version,
    title: 'Order service',
    description: 'Orders: shoppers place and follow their own, operators move them on.',
  })
  app.register(orderRoutes, dependencies)
  app.register(orderChangeRoutes, dependencies)
  app.register(adminOrderRoutes, dependencies)
  app.register(adminStatsRoutes, dependencies)
  return app
}
