import { createBatcher } from '@shop/service/batcher'
import type { CallContext } from '@shop/service/client/service-client'
import type { Database } from '@shop/service/database/database'
import { isLockTimeout, isRefusedForContent } from '@shop/service/database/failures'
import {
  type AppError,
  BadGatewayError,
  ForbiddenError,
  GatewayTimeoutError,
  NotFoundError,
} from '@shop/service/errors'
import { newId } from '@shop/service/new-id'
import { keyInProgress } from './answer-once.ts'
import { maxProducts, type Product, type ProductClient } from './clients/product-client.ts'
import type { TokenUser } from './db/missing-rows.ts'
import { type Placement, storeOrders, toPlacingError } from './db/order-placing.ts'
import type { EnsureUser, ProductRows } from './missing-rows.ts'
import type { OrderDetails } from './order.ts'
import { unknownProducts } from './order-items.ts'

/** Few enough that one statement stays short. */
const limits = { maxSize: 64, maxInFlight: 2, maxWaiting: 1000 }

/** Batches of one user are small, so that two at a time would mean two users at a time. */
const maxInFlightOfOneUser = 8

/** Items in one statement that stores orders. */
const maxItemsStored = 1000

export type Store = Pick<Database, 'queryTexts' | 'transaction'>

export type BatchOptions = {
  /** Whether a batch has orders of one user only, for a database that keeps users on different nodes. */
  batchesOfOneUser?: boolean
  /** How long an order waits for the batch that it is looked up in, in milliseconds. */
  upstreamTimeoutMs: number
  /** How long it then waits for the batch that it is stored in, in milliseconds. */
  databaseConnectTimeoutMs: number
  /** Called with what a batch does and how many orders it has. */
  onBatch?: ((batch: Batch, size: number) => void) | undefined
}

/** What a batch of orders does: looks up their products, or stores them. */
export type Batch = 'look_up' | 'store'

type LookUp = { items: { productId: string }[]; context: CallContext }

/**
 * Returns a function that finds the products of an order, in the order of its items. With `productRows`, all of them have
 * a row then.
 */
export function createProductLookUp(
  products: ProductClient,
  {
    upstreamTimeoutMs: maxWaitMs,
    productRows,
    onBatch,
  }: Pick<BatchOptions, 'upstreamTimeoutMs' | 'onBatch'> & { productRows?: ProductRows | undefined },
) {
  return createBatcher<LookUp, Product[]>(
    async (batch) => {
      const ids = new Set(batch.flatMap(({ items }) => items.map(({ productId }) => productId.toLowerCase())))
      const found = await products.getProducts([...ids], contextOf(batch))
      if (productRows) {
        const valid = [...found.values()].filter((product): product is Product => !isInvalid(product))
        await productRows.ensure(valid)
      }
      return batch.map(({ items }) => {
        const ofOrder = items.map(({ productId }) => found.get(productId.toLowerCase()))
        return usable(ofOrder)
      })
    },
    {
      name: 'look up products',
      onBatch: (size) => onBatch?.('look_up', size),
      ...limits,
      maxWeight: maxProducts,
      weightOf: ({ items }) => items.length,
      maxWaitMs,
      tooLate: () => new GatewayTimeoutError('The product service did not answer in time.'),
    },
  )
}

/** Returns the products of an order, or the error to answer: 404 if some do not exist, 502 if one is not valid. */
function usable(found: (Product | BadGatewayError | undefined)[]): Product[] | AppError {
  if (found.includes(undefined)) return unknownProducts(found)
  const invalid = found.find(isInvalid)
  return invalid ?? (found as Product[])
}

const isInvalid = (product: Product | BadGatewayError | undefined): product is BadGatewayError =>
  product instanceof BadGatewayError

/** Returns the context of a call for several requests: an id of its own, and in the log those that it is for. */
function contextOf(batch: LookUp[]): CallContext {
  const [{ context }] = batch as [LookUp]
  if (batch.length === 1) return context
  const requestId = newId()
  const requestIds = batch.map((each) => each.context.requestId)
  return { requestId, log: context.log.child({ requestId, requestIds }), requests: batch.length }
}

export type StoreOptions = Pick<BatchOptions, 'batchesOfOneUser' | 'databaseConnectTimeoutMs' | 'onBatch'> & {
  /** Makes the row of a user who has none; when absent, the order of such a user is refused. */
  ensureUser?: EnsureUser | undefined
  productRows?: ProductRows | undefined
}

/**
 * Returns a function that stores an order and returns it, or undefined if its key is taken. Rows that it refers to are made
 * only after the database has missed them, so an order of a known user costs nothing more.
 */
export function createStore(
  db: Store,
  {
    batchesOfOneUser = false,
    databaseConnectTimeoutMs: maxWaitMs,
    ensureUser,
    productRows,
    onBatch,
  }: StoreOptions,
) {
  const store = createBatcher<Placement, OrderDetails | undefined>((batch) => storeAll(db, batch), {
    name: 'store orders',
    onBatch: (size) => onBatch?.('store', size),
    ...limits,
    maxWaitMs,
    maxWeight: maxItemsStored,
    weightOf: ({ items }) => items.length,
    ...(batchesOfOneUser && {
      groupOf: ({ userId }: Placement) => userId,
      maxInFlight: maxInFlightOfOneUser,
    }),
  })

  /** Returns what makes the rows that an order refers to, by the code of the error that one is missing. */
  function remediesFor(placement: Placement, readUser: () => TokenUser) {
    const remedies = new Map<string, () => Promise<void>>()
    if (ensureUser) remedies.set('user_not_found', () => ensureUser(readUser()))
    if (productRows)
      remedies.set('product_not_found', () => {
        productRows.forgetAll()
        return productRows.ensure(productsOf(placement))
      })
    return remedies
  }

  return async (placement: Placement, readUser: () => TokenUser): Promise<OrderDetails | undefined> => {
    let remedies: ReturnType<typeof remediesFor> | undefined
    // at most once more for each remedy
    for (;;) {
      try {
        return await store(placement)
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error
        remedies ??= remediesFor(placement, readUser)
        const remedy = remedies.get(error.code)
        if (!remedy) throw error.code === 'user_not_found' ? unknownUser(error) : error
        remedies.delete(error.code)
        await remedy()
      }
    }
  }
}

const productsOf = ({ items, currency }: Placement): Product[] =>
  items.map(({ productId: id, productName: name, unitAmount }) => ({ id, name, unitAmount, currency }))

type Outcome = OrderDetails | undefined | Error

/**
 * Stores orders, and finds those that make the database refuse the batch: they fail alone. Never throws, because a part
 * of the batch may be stored when another part fails.
 */
async function storeAll(db: Store, batch: Placement[]): Promise<Outcome[]> {
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
async function storeAtOnce(db: Store, placement: Placement): Promise<Outcome> {
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

const unknownUser = (cause: unknown) =>
  new ForbiddenError('unknown_user', 'The access token is valid, but its user has no account here.', {
    cause,
  })
