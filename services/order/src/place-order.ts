import { createHash } from 'node:crypto'
import type { CallContext } from '@shop/service/client/service-client'
import type { Database, TextQueryable, Transaction } from '@shop/service/database/database'
import { AppError, ConflictError, ForbiddenError, NotFoundError } from '@shop/service/errors'
import type { ProductClient } from './clients/product-client.ts'
import { createIdempotencyRepository, type StoredAnswer, storeAnswer } from './db/idempotency-repository.ts'
import { createOrderRepository, type NewOrder } from './db/order-repository.ts'

export type PlaceOrderRequest = {
  userId: string
  productId: string
  quantity: number
  /** Makes the request safe to repeat, for 24 hours. */
  idempotencyKey?: string | undefined
}

export type PlaceOrderAnswer = { status: number; body: string; location: string; replayed: boolean }

export type PlaceOrder = ReturnType<typeof createPlaceOrder>

type Dependencies = {
  db: Database
  /** For looking up keys, which is quick: see pipeline.ts. */
  pipeline: TextQueryable
  products: ProductClient
}

/**
 * Returns a function that places an order: it looks up the product, then stores the order at the current
 * price, once per key.
 *
 * The product is fetched before the transaction, never inside it: a connection and its locks must not wait
 * for HTTP. Order and stored answer are one transaction, so neither exists without the other. A failure
 * stores nothing, so a repeated request starts again. Throws NotFoundError for an unknown product,
 * ForbiddenError for a user without a row here, ConflictError while the same key is in progress, AppError 422
 * for a key that was used for another request, and the errors of the product client.
 */
export function createPlaceOrder({ db, pipeline, products }: Dependencies) {
  const answers = createIdempotencyRepository(pipeline)

  return async (request: PlaceOrderRequest, context: CallContext): Promise<PlaceOrderAnswer> => {
    const { userId, productId, quantity, idempotencyKey: key } = request
    const fingerprint = fingerprintOf(request)
    if (key !== undefined) {
      const stored = await answers.findAnswer({ userId, key })
      if (stored) return replay(stored, fingerprint)
    }

    const { name, unitAmount, currency } = await products.getProduct(productId, context)
    const newOrder = { userId, productId, productName: name, unitAmount, currency, quantity }

    if (key === undefined) return db.transaction((tx) => place(tx, newOrder))
    return db.transaction(async (tx) => {
      const inTransaction = createIdempotencyRepository(tx)
      // the key may have been answered since the look-up; while the lock is held that cannot change
      const [locked, stored] = await Promise.all([
        inTransaction.lockKey({ userId, key }),
        inTransaction.findAnswer({ userId, key }),
      ])
      if (!locked) throw inProgress()
      if (stored) return replay(stored, fingerprint)
      const answer = await place(tx, newOrder)
      tx.sendWithCommit(storeAnswer({ userId, key }, { ...answer, fingerprint }))
      return answer
    })
  }
}

/** Makes the whole answer within the transaction: nothing may fail between COMMIT and the answer. */
async function place(tx: Transaction, newOrder: NewOrder): Promise<PlaceOrderAnswer> {
  const order = await createOrderRepository(tx)
    .createOrder(newOrder)
    .catch((error) => {
      throw error instanceof NotFoundError && error.code === 'user_not_found' ? unknownUser(error) : error
    })
  return { status: 201, body: JSON.stringify(order), location: `/orders/${order.id}`, replayed: false }
}

function replay({ fingerprint, status, body, location }: StoredAnswer, expected: string): PlaceOrderAnswer {
  if (fingerprint !== expected) {
    throw new AppError(
      422,
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request; use a new one for each order.',
    )
  }
  return { status, body, location, replayed: true }
}

/** Hashes the request with its defaults filled in: giving a default and omitting it are the same request. */
function fingerprintOf({ productId, quantity }: PlaceOrderRequest): string {
  return createHash('sha256').update(`POST /orders ${productId.toLowerCase()} ${quantity}`).digest('hex')
}

const inProgress = () =>
  new ConflictError('idempotency_in_progress', 'A request with this Idempotency-Key is in progress.', {
    headers: { 'retry-after': '1' },
  })

const unknownUser = (cause: unknown) =>
  new ForbiddenError('unknown_user', 'The access token is valid, but its user has no account here.', {
    cause,
  })
