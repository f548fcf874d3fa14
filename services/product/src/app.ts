import { createService, type ServiceOptions } from '@shop/service/http/service'
import { type ProductRoutes, productRoutes } from './routes/products.ts'

export function buildApp(
  dependencies: ProductRoutes,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness' | 'limits'>,
) {
  const app = createService({
    ...options,
    title: 'Product service',
    description: 'The catalogue: anyone reads it, admins change it.',
  })
  app.register(productRoutes, dependencies)
  return app
}
