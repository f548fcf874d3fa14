import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { createService, type ServiceOptions } from '@shop/service/http/service'
import type { ProductRepository } from './db/product-repository.ts'
import { productRoutes } from './routes/products.ts'

export type Dependencies = { products: ProductRepository; verifyToken: VerifyToken }

export function buildApp(
  { products, verifyToken }: Dependencies,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness'>,
) {
  const app = createService({
    ...options,
    title: 'Product service',
    description: 'The catalogue: anyone reads it, admins change it.',
  })
  app.register(productRoutes, { products, verifyToken })
  return app
}
