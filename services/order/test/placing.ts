import type { Database, Statement, TextQueryable } from '@shop/service/database/database'
import type { AppError } from '@shop/service/errors'
import { createLogger } from '@shop/service/logger'
import { v7 as uuidv7 } from 'uuid'
import type { ProductClient } from '../src/clients/product-client.ts'
import { createPlaceOrder, type PlaceOrderRequest } from '../src/place-order.ts'
import { productClient } from './app.ts'

export type PlacingDatabase = Pick<Database, 'queryTexts' | 'transaction'>

type Waits = { upstreamTimeoutMs: number; databaseConnectTimeoutMs: number }

export type PlacingOptions = Partial<Waits> & {
  products?: ProductClient
  batchesOfOneUser?: boolean
  authCreateUsers?: boolean
  keepsProfiles?: boolean
  catalogueCreateProducts?: boolean
}

/** The product of all ids, for as long as a test gives no catalogue. */
export const thing = { name: 'Thing', unitAmount: 1250, currency: 'EUR' }

/** Longer than any wait in a test that is not about waiting. */
const waits: Waits = { upstreamTimeoutMs: 60_000, databaseConnectTimeoutMs: 60_000 }

/**
 * Returns a function that places orders on `db` as one replica does, by default one of `productId`, and what that sends
 * to the database.
 */
export function startPlacing(db: PlacingDatabase, productId: string, options: PlacingOptions = {}) {
  const statements: Statement[] = []
  const logLines: string[] = []
  const record = ({ queryTexts }: TextQueryable): TextQueryable => ({
    queryTexts(statement) {
      statements.push(statement)
      return queryTexts(statement)
    },
  })
  const recording = {
    ...record(db),
    transaction: ((work) => db.transaction((tx) => work({ ...tx, ...record(tx) }))) as typeof db.transaction,
  }
  const { products = productClient(() => thing), ...rest } = options
  const placeOrder = createPlaceOrder({ db: recording, pipeline: recording, products, ...waits, ...rest })
  const log = createLogger({ name: 'test', level: 'trace' }, { write: (line) => logLines.push(line) })
  const place = (userId: string, request: Partial<PlaceOrderRequest> = {}) =>
    placeOrder(
      { user: { id: userId, role: 'customer' }, items: [{ productId, quantity: 1 }], ...request },
      { requestId: uuidv7(), log },
    )
  /** How many orders each statement had. */
  const batches = () =>
    statements
      .filter(({ name }) => name === 'insert-orders')
      .map(({ values }) => String(values[0]).split(',').length)
  return { place, batches, statements, logLines }
}

/** Returns the code of each failure, and 201 for each order. */
export async function outcomesOf(placing: Promise<unknown>[]): Promise<(string | number)[]> {
  const settled = await Promise.allSettled(placing)
  return settled.map((each) => (each.status === 'fulfilled' ? 201 : (each.reason as AppError).code))
}
