import { type ErrorDetail, NotFoundError } from '@shop/service/errors'
import type { Product } from './clients/product-client.ts'

/** Returns the problems of items with the product of an earlier item. */
export function repeatedProducts(items: { productId: string }[]): ErrorDetail[] {
  const seen = new Set<string>()
  return items.flatMap(({ productId }, index) => {
    const id = productId.toLowerCase()
    const isRepeated = seen.has(id)
    seen.add(id)
    if (!isRepeated) return []
    return [{ pointer: `/items/${index}/productId`, detail: 'must not be the product of an earlier item' }]
  })
}

/** Returns the problems of items whose prices are not in the currency of the first. */
export function otherCurrencies(products: Product[]): ErrorDetail[] {
  const expected = products[0]?.currency
  return products.flatMap(({ currency }, index) =>
    currency === expected
      ? []
      : [
          {
            pointer: `/items/${index}/productId`,
            detail: `has a price in ${currency}, but the first item's is in ${expected}: an order has one currency`,
          },
        ],
  )
}

/** Returns the error for an order whose products were not all found; of several items it names those without one. */
export function unknownProducts(found: unknown[]): NotFoundError {
  if (found.length === 1) return new NotFoundError('product')
  const errors = found.flatMap((product, index) =>
    product ? [] : [{ pointer: `/items/${index}/productId`, detail: 'there is no such product' }],
  )
  return new NotFoundError('product', { errors })
}
