import type { User } from '@shop/service/auth/token-verifier'
import { createBatcher } from '@shop/service/batcher'
import type { CallContext } from '@shop/service/client/service-client'
import type { Database, TextQueryable } from '@shop/service/database/database'
import { isLockTimeout, isRefusedForContent } from '@shop/service/database/failures'
import {
  type AppError,
  BadGatewayError,
  ForbiddenError,
  GatewayTimeoutError,
  NotFoundError,
} from '@shop/service/errors'
import { throwIfInvalid } from '@shop/service/validation'
import { v7 as uuidv7 } from 'uuid'
import {
  canonicalJson,
  fingerprintOf,
  keyInProgress,
  keyReused,
  type OnceAnswer,
  replay,
} from './answer-once.ts'
import { maxProducts, type Product, type ProductClient } from './clients/product-client.ts'
import { createIdempotencyRepository } from './db/idempotency-repository.ts'
import { type Placement, storeOrders, toPlacingError } from './db/order-placing.ts'
import type { Metadata, OrderDetails, ShippingAddress } from './order.ts'
import { otherCurrencies, repeatedProducts, unknownProducts } from './order-items.ts'

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

/** Few enough that one statement stays short. */
const limits = { maxSize: 64, maxInFlight: 2, maxWaiting: 1000 }

/** Batches of one user are small, so that two at a time would mean two users at a time. */
const maxInFlightOfOneUser = 8

/** Items in one statement that stores orders. */
const maxItemsStored = 1000

type Store = Pick<Database, 'queryTexts' | 'transaction'>

type Dependencies = {
  /** Stores the batches. */
  db: Store
  /** Finds stored answers. */
  pipeline: TextQueryable
  products: ProductClient
  /** Whether a batch has orders of one user only, for a database that keeps users on different nodes. */
  batchesOfOneUser?: boolean
  /** How long an order waits for the batch that it is looked up in, and then for the one that it is stored in. */
  upstreamTimeoutMs: number
  databaseConnectTimeoutMs: number
}

/**
 * Returns a function that places an order: it looks up the products, then stores the order at their current prices,
 * once per key. Orders that come while others are looked up or stored form the next batch, of one call and one statement.
 *
 * Throws ValidationError for a repeated product or prices in several currencies, NotFoundError for an unknown product,
 * ForbiddenError for a user without a row here, ConflictError while the same key is in progress elsewhere, AppError 422
 * for a key that was used for another request, ServiceUnavailableError `overloaded` when too many orders wait or the
 * database takes too long, and the errors of the product client and the database.
 */
export function createPlaceOrder({ db, pipeline, products, ...options }: Dependencies) {
  const answers = createIdempotencyRepository(pipeline)
  const lookUp = createProductLookUp(products, options)
  const store = createStore(db, options)

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
      }
    } catch (error) {
      // a repeated request is answered without the catalogue, and whatever the catalogue has become
      const stored = await findStored()
      if (stored) return stored
      throw error
    }
    const order = await store(placement)
    if (order) return answerOf(order)
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

type LookUp = { items: PlaceOrderRequest['items']; context: CallContext }

/** Returns a function that finds the products of an order, in the order of its items. */
function createProductLookUp(
  products: ProductClient,
  { upstreamTimeoutMs }: Pick<Dependencies, 'upstreamTimeoutMs'>,
) {
  return createBatcher<LookUp, Product[]>(
    async (batch) => {
      const ids = new Set(batch.flatMap(({ items }) => items.map(({ productId }) => productId.toLowerCase())))
      const found = await products.getProducts([...ids], contextOf(batch))
      return batch.map(({ items }) => {
        const ofOrder = items.map(({ productId }) => found.get(productId.toLowerCase()))
        return usable(ofOrder)
      })
    },
    {
      ...limits,
      maxWeight: maxProducts,
      weightOf: ({ items }) => items.length,
      maxWaitMs: upstreamTimeoutMs,
      tooLate: () => new GatewayTimeoutError('The product service did not answer in time.'),
    },
  )
}

/** Returns the products of an order, or the error to answer: 404 if some do not exist, 502 if one is not valid. */
function usable(found: (Product | BadGatewayError | undefined)[]): Product[] | AppError {
  if (found.includes(undefined)) return unknownProducts(found)
  const invalid = found.find((product) => product instanceof BadGatewayError)
  return invalid ?? (found as Product[])
}

/** Returns the context of a call for several requests: an id of its own, and in the log those that it is for. */
function contextOf(batch: LookUp[]): CallContext {
  const [{ context }] = batch as [LookUp]
  if (batch.length === 1) return context
  const requestId = uuidv7()
  const requestIds = batch.map((each) => each.context.requestId)
  return { requestId, log: context.log.child({ requestId, requestIds }), requests: batch.length }
}

/** Returns a function that stores an order and returns it, or undefined if its key is taken. */
function createStore(
  db: Store,
  {
    batchesOfOneUser = false,
    databaseConnectTimeoutMs: maxWaitMs,
  }: Pick<Dependencies, 'batchesOfOneUser' | 'databaseConnectTimeoutMs'>,
) {
  const store = createBatcher((batch: Placement[]) => storeAll(db, batch), {
    ...limits,
    maxWaitMs,
    maxWeight: maxItemsStored,
    weightOf: ({ items }) => items.length,
    ...(batchesOfOneUser && {
      groupOf: ({ userId }: Placement) => userId,
      maxInFlight: maxInFlightOfOneUser,
    }),
  })
  const storeAlone = createBatcher((batch: Placement[]) => storeAll(db, batch), {
    ...limits,
    maxWaitMs,
    maxSize: 1,
    maxInFlight: 1,
  })
  const suspects = createSuspects()

  return async (placement: Placement) => {
    const { userId } = placement
    try {
      const order = await (suspects.has(userId) ? storeAlone : store)(placement)
      suspects.delete(userId)
      return order
    } catch (error) {
      if (!(error instanceof NotFoundError) || error.code !== 'user_not_found') throw error
      suspects.add(userId)
      throw unknownUser(error)
    }
  }
}

/**
 * Users without a row here: their orders go alone, one at a time, because each would make the database refuse a
 * whole batch.
 */
function createSuspects() {
  const maxSuspects = 10_000
  const users = new Set<string>()
  return {
    has: (userId: string) => users.has(userId),
    delete: (userId: string) => users.delete(userId),
    add(userId: string) {
      users.add(userId)
      if (users.size > maxSuspects) users.delete(users.values().next().value as string)
    },
  }
}

type Stored = OrderDetails | undefined | Error

/**
 * Stores orders, and finds those that make the database refuse the batch: they fail alone. Never throws, because a part
 * of the batch may be stored when another part fails.
 */
async function storeAll(db: Store, batch: Placement[]): Promise<Stored[]> {
  try {
    return await storeOrders(db, batch)
  } catch (error) {
    if (batch.length === 1) return [failureOf(error)]
    if (isLockTimeout(error)) return Promise.all(batch.map((each) => storeAtOnce(db, each)))
    if (!isRefusedForContent(error)) return batch.map(() => error as Error)
    const middle = batch.length >> 1
    return [...(await storeAll(db, batch.slice(0, middle))), ...(await storeAll(db, batch.slice(middle)))]
  }
}

/**
 * Stores an order whose batch has waited for a lock as long as it may: most of them do not need it, and the one that does
 * must not keep connections waiting a second time.
 */
async function storeAtOnce(db: Store, placement: Placement): Promise<Stored> {
  try {
    return await db.transaction(async (tx) => {
      const [, [order]] = await Promise.all([
        tx.query({ text: "SET LOCAL lock_timeout = '100ms'" }),
        storeOrders(tx, [placement]),
      ])
      return order
    })
  } catch (error) {
    return failureOf(error)
  }
}

/** Returns the error to throw for an order that the database alone has refused with this one. */
const failureOf = (error: unknown) =>
  isLockTimeout(error, 'idempotency_keys')
    ? keyInProgress({ cause: error })
    : (toPlacingError(error) as Error)

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
