import type { CallContext, ServiceClient } from '@shop/service/client/service-client'
import { BadGatewayError } from '@shop/service/errors'
import { Text } from '@shop/service/schemas'
import { idErrors, throwIfInvalid } from '@shop/service/validation'
import { type Static, Type } from 'typebox'

/** The fields of a product that an order stores. */
const ProductFields = Type.Object({
  id: Type.String(),
  name: Text({ maxLength: 200 }),
  unitAmount: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
})

export type Product = Static<typeof ProductFields>

export type ProductClient = ReturnType<typeof createProductClient>

export function createProductClient(http: ServiceClient) {
  return {
    /** Returns the current product. Throws NotFoundError, ValidationError if the id is not a UUID, and what ServiceClient.get throws. */
    async getProduct(productId: string, context: CallContext): Promise<Product> {
      throwIfInvalid(idErrors({ productId }))
      // the catalogue is public, so the caller's token is not forwarded
      const { authorization: _, ...anonymous } = context
      const product = await http.get(
        `/products/${productId}`,
        { schema: ProductFields, resource: 'product' },
        anonymous,
      )
      if (product.id.toLowerCase() !== productId.toLowerCase()) {
        throw new BadGatewayError('The product service returned a different product.')
      }
      return product
    },
  }
}
