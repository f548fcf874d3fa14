import { createService, type ServiceOptions } from '@shop/service/http/service'
import manifest from '../package.json' with { type: 'json' }
import { type AdminExportRoutes, adminExportRoutes } from './routes/admin-exports.ts'
import { type AdminOrderRoutes, adminOrderRoutes } from './routes/admin-orders.ts'
import { type AdminStatsRoutes, adminStatsRoutes } from './routes/admin-stats.ts'
import { currencyRoutes } from './routes/currencies.ts'
import { type ErasureRoutes, erasureRoutes } from './routes/erasures.ts'
import { type ExportRoutes, exportRoutes } from './routes/exports.ts'
import { type OrderChangeRoutes, orderChangeRoutes } from './routes/order-changes.ts'
import { type OrderStreamRoutes, orderStreamRoutes } from './routes/order-streams.ts'
import { type OrderRoutes, orderRoutes } from './routes/orders.ts'

export function buildApp(
  dependencies: OrderRoutes &
    OrderChangeRoutes &
    OrderStreamRoutes &
    AdminOrderRoutes &
    AdminStatsRoutes &
    ErasureRoutes &
    ExportRoutes &
    AdminExportRoutes,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness' | 'limits' | 'corsOrigins'>,
) {
  const app = createService({
    ...options,
    version: manifest.version,
    title: 'Order service',
    description: 'Orders: shoppers place and follow their own, operators move them on.',
  })
  app.register(orderRoutes, dependencies)
  app.register(orderChangeRoutes, dependencies)
  app.register(orderStreamRoutes, dependencies)
  app.register(erasureRoutes, dependencies)
  app.register(exportRoutes, dependencies)
  app.register(adminExportRoutes, dependencies)
  app.register(currencyRoutes)
  app.register(adminOrderRoutes, dependencies)
  app.register(adminStatsRoutes, dependencies)
  return app
}
