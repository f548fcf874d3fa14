import type { User } from '@shop/service/auth/token-verifier'
import type { CallContext } from '@shop/service/client/service-client'
import type { Transaction } from '@shop/service/database/database'
import { type ErrorDetail, ForbiddenError, NotFoundError } from '@shop/service/errors'
import { throwIfInvalid } from '@shop/service/validation'
import { type Answer, type AnswerOnce, canonicalJson } from './answer-once.ts'
import type { Product, ProductClient } from './clients/product-client.ts'
import { createOrderRepository, type NewOrder } from './db/order-repository.ts'
import type { Metadata, ShippingAddress } from './order.ts'

export type PlaceOrderRequest = {
  user: User
  /** 1–100, each product once. */
  items: { productId: string; quantity: number }[]
  shippingAddress?: ShippingAddress | undefined
  metadata?: Metadata | undefined
  /** Makes the request safe to repeat, for 24 hours. */
  idempotencyKey?: string | undefined
}

export type PlaceOrder = ReturnType<typeof createPlaceOrder>

/**
 * Returns a function that places an order: it looks up the products, then stores the order at their current prices,
 * once per key.
 *
 * The products are fetched before the transaction, never inside it: a connection and its locks must not wait for HTTP.
 * Throws ValidationError for a repeated product or prices in several currencies, NotFoundError for an unknown product,
 * ForbiddenError for a user without a row here, and the errors of AnswerOnce and of the product client.
 */
export function createPlaceOrder({
  answerOnce,
  products,
}: {
  answerOnce: AnswerOnce
  products: ProductClient
}) {
  return async (request: PlaceOrderRequest, context: CallContext) => {
    const { user, items, shippingAddress, metadata, idempotencyKey } = request
    throwIfInvalid(repeatedProducts(items))
    return answerOnce({
      userId: user.id,
      key: idempotencyKey,
      request: describe(request),
      prepare: async () => {
        const found = await findProducts(products, items, context)
        throwIfInvalid(otherCurrencies(found))
        return {
          userId: user.id,
          role: user.role,
          currency: (found[0] as Product).currency,
          items: found.map(({ id, name, unitAmount }, index) => ({
            productId: id,
            productName: name,
            quantity: items[index]?.quantity as number,
            unitAmount,
          })),
          shippingAddress,
          metadata,
        }
      },
      answer: place,
    })
  }
}

/** Makes the whole answer within the transaction: nothing may fail between COMMIT and the answer. */
async function place(tx: Transaction, newOrder: NewOrder): Promise<Answer> {
  const order = await createOrderRepository(tx)
    .createOrder(newOrder)
    .catch((error) => {
      throw error instanceof NotFoundError && error.code === 'user_not_found' ? unknownUser(error) : error
    })
  return { status: 201, body: JSON.stringify(order), location: `/orders/${order.id}` }
}

/** Calls to the Product service at the same time for one order. */
const lookUpsAtOnce = 10

/** Returns the products in the order of the items. An error names the item. */
async function findProducts(
  products: ProductClient,
  items: PlaceOrderRequest['items'],
  context: CallContext,
): Promise<Product[]> {
  const found: Product[] = []
  for (let start = 0; start < items.length; start += lookUpsAtOnce) {
    const lookUps = items.slice(start, start + lookUpsAtOnce).map(({ productId }, index) =>
      products.getProduct(productId, context).catch((error) => {
        throw items.length > 1 ? namingItem(error, start + index) : error
      }),
    )
    found.push(...(await Promise.all(lookUps)))
  }
  return found
}

function namingItem(error: unknown, index: number): unknown {
  if (!(error instanceof NotFoundError)) return error
  const errors = [{ pointer: `/items/${index}/productId`, detail: 'there is no such product' }]
  return new NotFoundError('product', { cause: error, errors })
}

function repeatedProducts(items: PlaceOrderRequest['items']): ErrorDetail[] {
  const seen = new Set<string>()
  return items.flatMap(({ productId }, index) => {
    const id = productId.toLowerCase()
    const isRepeated = seen.has(id)
    seen.add(id)
    if (!isRepeated) return []
    return [{ pointer: `/items/${index}/productId`, detail: 'must not be the product of an earlier item' }]
  })
}

function otherCurrencies(products: Product[]): ErrorDetail[] {
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

/**
 * Describes what is asked for, with its defaults filled in: giving a default and omitting it are the same request, and so
 * are the two forms of a single item.
 */
function describe({ items, shippingAddress, metadata }: PlaceOrderRequest): string {
  const [first, ...others] = items.map(({ productId, quantity }) => `${productId.toLowerCase()} ${quantity}`)
  // as in the version before, whose answers are still stored while it is replaced
  const isSimple = others.length === 0 && !shippingAddress && !metadata
  return `POST /orders ${first}${isSimple ? '' : ` ${canonicalJson({ others, shippingAddress, metadata })}`}`
}

const unknownUser = (cause: unknown) =>
  new ForbiddenError('unknown_user', 'The access token is valid, but its user has no account here.', {
    cause,
  })
