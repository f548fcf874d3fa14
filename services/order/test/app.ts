import { type DatabaseConfig, indexWalkPlans } from '@shop/service/database/connection'
import { createDatabase } from '@shop/service/database/database'
import { createPipeline } from '@shop/service/database/pipeline'
import { databaseReadiness } from '@shop/service/http/readiness'
import type { ServiceOptions } from '@shop/service/http/service'
import { createLogger } from '@shop/service/logger'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { watchAnswers } from '@shop/tests/kit/openapi/answers'
import { verifyToken } from '@shop/tests/kit/tokens'
import { Registry } from 'prom-client'
import { v7 as uuidv7 } from 'uuid'
import { createAnswerOnce } from '../src/answer-once.ts'
import { buildApp } from '../src/app.ts'
import { createChangeOrder } from '../src/change-order.ts'
import type { Product, ProductClient } from '../src/clients/product-client.ts'
import type { UserClient } from '../src/clients/user-client.ts'
import { createAdminOrderRepository } from '../src/db/admin-order-repository.ts'
import { createErasureRepository } from '../src/db/erasure-repository.ts'
import { createExportLinks } from '../src/db/export-links.ts'
import { createExportRepository, type ExportRepository } from '../src/db/export-repository.ts'
import { createFeedRepository } from '../src/db/feed-repository.ts'
import { createOrderHistory } from '../src/db/order-history.ts'
import { createOrderRepository } from '../src/db/order-repository.ts'
import { createStatsRepository } from '../src/db/stats-repository.ts'
import { createEraseOrders } from '../src/erase-orders.ts'
import { createExportOrders } from '../src/export-orders.ts'
import type { Order, OrderDetails, OrderStatus } from '../src/order.ts'
import { createOrderMetrics } from '../src/order-metrics.ts'
import { createPlaceOrder } from '../src/place-order.ts'
import { createOrderStreams, type OrderStreamsOptions } from '../src/streams/order-streams.ts'
import { startFeed } from './streams/feed.ts'

export type TestApp = Awaited<ReturnType<typeof createTestApp>>

/** Returns a product client without a Product service. `productOf` gives the product with an id, if there is one. */
export const productClient = (productOf: (id: string) => Omit<Product, 'id'> | undefined): ProductClient => ({
  getProducts: async (ids) =>
    new Map(
      ids.flatMap((id) => {
        const product = productOf(id)
        return product ? [[id.toLowerCase(), { id, ...product }] as const] : []
      }),
    ),
})

const anyProduct = productClient(() => ({ name: 'Thing', unitAmount: 1250, currency: 'EUR' }))

export type TestAppOptions = {
  logLines?: string[]
  products?: ProductClient
  /** Which rows first orders make; none when absent. */
  makesRows?: { authCreateUsers?: boolean; keepsProfiles?: boolean; catalogueCreateProducts?: boolean }
  /** Where operators' customers come from; no User service is configured when absent. */
  users?: UserClient
  /** Where exports read orders; the database when absent. */
  exports?: ExportRepository
  /** Those of the settings' defaults when absent. */
  limits?: NonNullable<ServiceOptions['limits']>
  /** How streams differ from those of the service. */
  streams?: Partial<OrderStreamsOptions>
  /** Whether answers must be as the OpenAPI document says; true when absent. */
  checksAnswers?: boolean
  /** Changes how the app connects to its database. */
  connect?: (config: DatabaseConfig, database: TestDatabase) => DatabaseConfig | Promise<DatabaseConfig>
}

/**
 * Starts the whole app as in main.ts on its own database, connected as order_service. Call close() after the
 * tests.
 */
export async function createTestApp(options: TestAppOptions = {}) {
  const database = await createTestDatabase('order_service', { session: indexWalkPlans })
  await startFeed(database)
  const { logLines, products = anyProduct, connect = (config) => config } = options
  const logger = createLogger(
    { name: 'order', level: logLines ? 'trace' : 'silent' },
    { write: (line) => logLines?.push(line) },
  )
  const config = await connect(database.configOf('order_service'), database)
  const connections = { name: 'order', logger, session: indexWalkPlans }
  const db = createDatabase(config, connections)
  const pipeline = createPipeline(config, connections)
  const checkReadiness = databaseReadiness(db, {
    table: 'order_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const metrics = new Registry()
  const orderMetrics = createOrderMetrics(metrics)
  const orders = createOrderRepository(db, { pipeline, logger })
  const answerOnce = createAnswerOnce({ db, pipeline })
  const erasures = createErasureRepository(db)
  const app = buildApp(
    {
      orders,
      history: createOrderHistory(pipeline),
      orderStreams: createOrderStreams({
        feed: createFeedRepository(pipeline),
        log: logger,
        maxStreams: 100,
        ...options.streams,
      }),
      placeOrder: createPlaceOrder({
        db,
        pipeline,
        products,
        ...orderMetrics,
        ...config,
        ...options.makesRows,
        upstreamTimeoutMs: 2000,
      }),
      changeOrder: createChangeOrder({ answerOnce, ...orderMetrics }),
      erasures,
      eraseOrders: createEraseOrders(erasures),
      exportOrders: createExportOrders({
        exports: options.exports ?? createExportRepository(db, { logger }),
        maxExports: 4,
      }),
      exportLinks: createExportLinks(db),
      adminOrders: createAdminOrderRepository(db, { logger }),
      stats: createStatsRepository(db),
      users: options.users,
      verifyToken,
    },
    { logger, metrics, checkReadiness, ...(options.limits && { limits: options.limits }) },
  )
  const checkAnswers = options.checksAnswers === false ? () => undefined : watchAnswers(app)
  await app.ready()
  return {
    app,
    database,
    databaseUrl: config.databaseUrl,
    orders,
    erasures,
    pipeline,
    async close() {
      await app.close()
      await Promise.all([pipeline.close(), db.close()])
      await database.drop()
      checkAnswers()
    },
  }
}

/** Stores a user and returns the id. */
export async function insertUser({ owner }: TestDatabase, { id = uuidv7() } = {}): Promise<string> {
  await owner.query({
    text: `INSERT INTO users (id, email, password_hash, name) VALUES ($1, $2, '$argon2id$none', 'Test')`,
    values: [id, `${id}@example.com`],
  })
  return id
}

/** Stores a product and returns the id. */
export async function insertProduct({ owner }: TestDatabase): Promise<string> {
  const id = uuidv7()
  await owner.query({
    text: `INSERT INTO products (id, name, unit_amount, currency) VALUES ($1, 'Thing', 1250, 'EUR')`,
    values: [id],
  })
  return id
}

/**
 * Stores an order of one item, in any status with the history for it, and returns the id. The times are anything that
 * PostgreSQL reads as a timestamptz.
 */
export async function insertOrder(
  { owner }: TestDatabase,
  order: { userId: string; productId: string; status?: OrderStatus; createdAt?: string; updatedAt?: string },
): Promise<string> {
  const id = uuidv7()
  const { userId, productId, status = 'pending', createdAt = 'now', updatedAt = 'now' } = order
  await owner.query({
    text: `INSERT INTO orders (id, user_id, product_id, product_name, quantity, unit_amount, currency, status, created_at,
             updated_at)
           VALUES ($1, $2, $3, 'Thing', 1, 1250, 'EUR', $4, $5, $6)`,
    values: [id, userId, productId, status, createdAt, updatedAt],
  })
  return id
}

/** Returns the order as a list shows it. */
export function listed(order: OrderDetails): Order {
  const { items, shippingAddress, metadata, shipment, latePayment, actions, ...row } = order
  return row
}
