import type { CallContext, ServiceClient } from '@shop/service/client/service-client'
import { BadGatewayError, NotFoundError } from '@shop/service/errors'
import { Text } from '@shop/service/schemas'
import { conforms, idErrors, throwIfInvalid } from '@shop/service/validation'
import { type Static, Type } from 'typebox'

/** The products that one call can ask for. */
export const maxProducts = 100

/** The fields of a product that an order stores; docs/standalone.md tells other catalogues of them. */
export const ProductFields = Type.Object({
  id: Type.String(),
  name: Text({ maxLength: 200 }),
  unitAmount: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
})

/** Each product is checked by itself: one that is not valid concerns only the orders that are for it. */
const ProductList = Type.Object({
  data: Type.Array(Type.Object({ id: Type.String() }), { maxItems: maxProducts }),
})

/** In bytes: each of 200 characters of a name may be 12 bytes long in JSON. */
export const maxProductsSize = 512 * 1024

export type Product = Static<typeof ProductFields>

export type FoundProducts = ReadonlyMap<string, Product | BadGatewayError>

export type ProductClient = ReturnType<typeof createProductClient>

export function createProductClient(http: ServiceClient) {
  return {
    /**
     * Returns those of the products that exist, at most 100, by their id in lower case, in one call; a BadGatewayError in
     * the place of one that is not valid. Throws ValidationError if an id is not a UUID, and what ServiceClient.get throws.
     */
    async getProducts(productIds: readonly string[], context: CallContext): Promise<FoundProducts> {
      const ids = [...new Set(productIds.map((id) => id.toLowerCase()))]
      throwIfInvalid(...ids.map((productId) => idErrors({ productId })))
      if (ids.length > maxProducts)
        throw new RangeError(`${ids.length} products are more than one call can ask for`)
      // the catalogue is public, so the caller's token is not forwarded
      const { authorization: _, ...anonymous } = context
      const { data } = await http
        .get(`/products/prices?ids=${ids.join()}`, { schema: ProductList, resource: 'product' }, anonymous)
        .catch((error) => {
          // a service without this route answers 404, which does not mean that there is no product
          if (!(error instanceof NotFoundError)) throw error
          throw new BadGatewayError('The product service cannot look up several products.', { cause: error })
        })
      const products = new Map(
        data.map((product) => [
          product.id.toLowerCase(),
          conforms(ProductFields, product) ? (product as Product) : invalidProduct(product.id, context),
        ]),
      )
      if ([...products.keys()].some((id) => !ids.includes(id)))
        throw new BadGatewayError('The product service returned a different product.')
      return products
    },
  }
}

function invalidProduct(productId: string, { log }: CallContext): BadGatewayError {
  log.warn({ upstream: 'product', productId }, 'the upstream returned an invalid product')
  return new BadGatewayError('The product service returned an invalid product.')
}
