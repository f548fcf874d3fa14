import type { CallerProfile } from '@shop/service/auth/caller-profile'
import type { User } from '@shop/service/auth/token-verifier'
import type { CallContext } from '@shop/service/client/service-client'
import type { TextQueryable } from '@shop/service/database/database'
import { throwIfInvalid } from '@shop/service/validation'
import {
  canonicalJson,
  fingerprintOf,
  keyInProgress,
  keyReused,
  type OnceAnswer,
  replay,
} from './answer-once.ts'
import type { Product, ProductClient } from './clients/product-client.ts'
import { createIdempotencyRepository } from './db/idempotency-repository.ts'
import type { Placement } from './db/order-placing.ts'
import { createEnsureUser, createProductRows } from './missing-rows.ts'
import type { Metadata, OrderDetails, ShippingAddress } from './order.ts'
import { otherCurrencies, repeatedProducts } from './order-items.ts'
import { type BatchOptions, createProductLookUp, createStore, type Store } from './placing-batches.ts'

export type PlaceOrderRequest = {
  user: User
  /** Reads what the token says of the person; called only to make the user's row. */
  profile?: () => CallerProfile
  /** 1–100, each product once. */
  items: { productId: string; quantity: number }[]
  shippingAddress?: ShippingAddress | undefined
  metadata?: Metadata | undefined
  /** Makes the request safe to repeat, for 24 hours. */
  idempotencyKey?: string | undefined
}

export type PlaceOrder = ReturnType<typeof createPlaceOrder>

type Dependencies = BatchOptions & {
  /** Whether the first order of a user without a row makes the row; otherwise it is refused. False when absent. */
  authCreateUsers?: boolean
  /** Whether the row has the email and name of the token too: only if a User service shows and deletes them. */
  keepsProfiles?: boolean
  /** The same as authCreateUsers, for products that the catalogue has. */
  catalogueCreateProducts?: boolean
  /** Stores the batches. */
  db: Store
  /** Finds stored answers. */
  pipeline: TextQueryable
  products: ProductClient
  /** Called for each order that is stored. */
  onPlaced?: () => void
}

/**
 * Returns a function that places an order: it looks up the products, then stores the order at their current prices,
 * once per key. Orders that come while others are looked up or stored form the next batch, of one call and one statement.
 *
 * Throws ValidationError for a repeated product or prices in several currencies, NotFoundError for an unknown product,
 * ForbiddenError for a user without a row here, or deleted, ConflictError while the same key is in progress elsewhere, AppError 422
 * for a key that was used for another request, ServiceUnavailableError `overloaded` when too many orders wait or one has
 * waited for too long, and the errors of the product client and the database.
 */
export function createPlaceOrder({ db, pipeline, products, onPlaced, ...options }: Dependencies) {
  const answers = createIdempotencyRepository(pipeline)
  const { authCreateUsers, keepsProfiles, catalogueCreateProducts, databaseConnectTimeoutMs } = options
  const productRows = catalogueCreateProducts ? createProductRows(db) : undefined
  const ensureUser = authCreateUsers
    ? createEnsureUser(db, { maxWaitMs: databaseConnectTimeoutMs })
    : undefined
  const lookUp = createProductLookUp(products, { ...options, productRows })
  const store = createStore(db, { ...options, productRows, ensureUser })

  /** Stores the order, unless its key is taken. */
  async function placeOnce(
    request: PlaceOrderRequest,
    fingerprint: string | undefined,
    context: CallContext,
  ) {
    const { user, items, shippingAddress, metadata, idempotencyKey: key } = request
    const findStored = async () => {
      if (key === undefined) return undefined
      const stored = await answers.findAnswer({ userId: user.id, key })
      return stored && replay(stored, fingerprint as string)
    }
    let placement: Placement
    try {
      const found = await lookUp({ items, context })
      throwIfInvalid(otherCurrencies(found))
      placement = {
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
        key,
        fingerprint,
        traceparent: context.traceparent,
      }
    } catch (error) {
      // a repeated request is answered without the catalogue, and whatever the catalogue has become
      const stored = await findStored()
      if (stored) return stored
      throw error
    }
    const order = await store(placement, () => ({ id: user.id, ...(keepsProfiles && request.profile?.()) }))
    if (order) {
      onPlaced?.()
      return answerOf(order)
    }
    const stored = await findStored()
    if (stored) return stored
    throw keyInProgress()
  }

  const underWay = new Map<string, { fingerprint: string; answer: Promise<OnceAnswer> }>()

  return async (request: PlaceOrderRequest, context: CallContext): Promise<OnceAnswer> => {
    const { user, items, idempotencyKey: key } = request
    throwIfInvalid(repeatedProducts(items))
    if (key === undefined) return placeOnce(request, undefined, context)
    const fingerprint = fingerprintOf(describe(request))
    const scope = `${user.id} ${key}`
    const first = underWay.get(scope)
    if (first) {
      // a twin gets the first one's answer, and its failure
      if (first.fingerprint === fingerprint) return { ...(await first.answer), replayed: true }
      await first.answer.catch((cause) => {
        throw keyInProgress({ cause })
      })
      throw keyReused()
    }
    const answer = placeOnce(request, fingerprint, context)
    underWay.set(scope, { fingerprint, answer })
    try {
      return await answer
    } finally {
      underWay.delete(scope)
    }
  }
}

const answerOf = (order: OrderDetails): OnceAnswer => ({
  status: 201,
  body: JSON.stringify(order),
  location: `/orders/${order.id}`,
  replayed: false,
})

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
