import { createBatcher } from '@shop/service/batcher'
import type { TextQueryable } from '@shop/service/database/database'
import type { Product } from './clients/product-client.ts'
import { ensureProducts, ensureUsers, type TokenUser } from './db/missing-rows.ts'

export type EnsureUser = ReturnType<typeof createEnsureUser>

/** Returns a function that makes the row of a user who has none; users who come together share a statement. */
export function createEnsureUser(db: TextQueryable, { maxWaitMs }: { maxWaitMs: number }) {
  return createBatcher<TokenUser, undefined>(
    async (users) => {
      await ensureUsers(db, users)
      return users.map(() => undefined)
    },
    { maxSize: 64, maxInFlight: 2, maxWaiting: 1000, maxWaitMs },
  )
}

export type ProductRows = ReturnType<typeof createProductRows>

/**
 * Makes the rows of products that have none. Each product costs a statement once in the life of the process: those that
 * have a row are remembered, at most `maxKnown` of them.
 */
export function createProductRows(db: TextQueryable, { maxKnown = 50_000 } = {}) {
  const known = new Set<string>()
  return {
    async ensure(products: readonly Product[]): Promise<void> {
      const missing = products.filter(({ id }) => !known.has(id.toLowerCase()))
      if (missing.length === 0) return
      await ensureProducts(db, missing)
      if (known.size + missing.length > maxKnown) known.clear()
      for (const { id } of missing) known.add(id.toLowerCase())
    },

    /** For when the database turns out to lack a row that was there: it was restored, or the row deleted. */
    forgetAll: () => known.clear(),
  }
}
