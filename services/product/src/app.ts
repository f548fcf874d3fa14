import { createService, type ServiceOptions } from '@shop/service/http/service'
import manifest from '../package.json' with { type: 'json' }
import { type ProductRoutes, productRoutes } from './routes/products.ts'

export function buildApp(
  dependencies: ProductRoutes,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness' | 'limits' | 'corsOrigins'>,
) {
  const app = createService({
    ...options,
    version: manifest.version,
    title: 'Product service',
    description: 'The catalogue: anyone reads it, admins change it.',
  })
  app.register(productRoutes, dependencies)
  return app
}
