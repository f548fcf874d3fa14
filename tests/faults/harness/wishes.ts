import type { Product, Shopper } from './shop.ts'

type Item = { productId: string; quantity: number }

/** What is asked for: one item in the short form, or several. */
export type Wish = Item | { items: Item[] }

/**
 * Returns a wish for one to four products. Its first item differs for each n, so that two equal orders of a
 * shopper in the database must come from the same wish.
 */
export function wishOf(products: Product[], n: number): Wish {
  const product = products[n % products.length] as Product
  const first = { productId: product.id, quantity: 1 + (Math.floor(n / products.length) % 999) }
  // an order has one currency
  const others = products.filter(({ id, currency }) => id !== product.id && currency === product.currency)
  const items = others.slice(0, n % 4).map(({ id }, index) => ({ productId: id, quantity: index + 1 }))
  return items.length === 0 ? first : { items: [first, ...items] }
}

/** Returns what is wrong with the order that was placed for a wish, or undefined. */
export function contentFault(
  body: string,
  { shopper, wish, products }: { shopper: Shopper; wish: Wish; products: Product[] },
): string | undefined {
  const order = JSON.parse(body)
  const wanted = 'items' in wish ? wish.items : [wish]
  const items = wanted.map(({ productId, quantity }, index) => {
    const { name, unitAmount } = products.find(({ id }) => id === productId) as Product
    return { position: index + 1, productId, productName: name, quantity, unitAmount }
  })
  const right =
    order.userId === shopper.id &&
    order.productId === items[0]?.productId &&
    order.productName === items[0]?.productName &&
    order.itemCount === items.length &&
    JSON.stringify(order.items) === JSON.stringify(items) &&
    order.totalAmount === items.reduce((sum, { quantity, unitAmount }) => sum + quantity * unitAmount, 0) &&
    order.status === 'pending' &&
    order.version === 1
  return right ? undefined : `asked for ${JSON.stringify(wish)}, got ${body}`
}
