import { indexWalkPlans } from '@shop/service/database/connection'
import { databaseReadiness } from '@shop/service/http/readiness'
import { createLogger } from '@shop/service/logger'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { watchAnswers } from '@shop/tests/kit/openapi/answers'
import { verifyToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { buildApp } from '../src/app.ts'
import { createProductRepository } from '../src/db/product-repository.ts'

export type TestApp = Awaited<ReturnType<typeof createTestApp>>

/** Starts the whole app on its own database, connected as product_service. Call close() after the tests. */
export async function createTestApp(options: { logLines?: string[] } = {}) {
  const database = await createTestDatabase('product_service', { session: indexWalkPlans })
  const { logLines } = options
  const logger = createLogger(
    { name: 'product', level: logLines ? 'trace' : 'silent' },
    { write: (line) => logLines?.push(line) },
  )
  const checkReadiness = databaseReadiness(database.db, {
    table: 'product_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const products = createProductRepository(database.db, { logger })
  const app = buildApp({ products, verifyToken }, { logger, checkReadiness })
  const checkAnswers = watchAnswers(app)
  await app.ready()
  return {
    app,
    database,
    products,
    async close() {
      await app.close()
      await database.drop()
      checkAnswers()
    },
  }
}

/** Stores a product and returns the id. `createdAt` is anything that PostgreSQL reads as a timestamptz. */
export async function insertProduct(
  { owner }: TestDatabase,
  product: { name?: string; createdAt?: string } = {},
): Promise<string> {
  const id = uuidv7()
  await owner.query({
    text: `INSERT INTO products (id, name, unit_amount, currency, created_at, updated_at) VALUES ($1, $2, 1250, 'EUR', $3, $3)`,
    values: [id, product.name ?? 'Thing', product.createdAt ?? 'now'],
  })
  return id
}
