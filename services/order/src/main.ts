import { createConfiguredVerifier } from '@shop/service/auth/token-verifier'
import { createServiceClient } from '@shop/service/client/service-client'
import { readConfig } from '@shop/service/config'
import { indexWalkPlans } from '@shop/service/database/connection'
import { createDatabase } from '@shop/service/database/database'
import { startDeletingExpired } from '@shop/service/database/delete-expired'
import { createPipeline } from '@shop/service/database/pipeline'
import { databaseReadiness } from '@shop/service/http/readiness'
import { run, runMain } from '@shop/service/http/run'
import { createLogger } from '@shop/service/logger'
import { createAnswerOnce } from './answer-once.ts'
import { buildApp } from './app.ts'
import { createChangeOrder } from './change-order.ts'
import { createProductClient, maxProductsSize } from './clients/product-client.ts'
import { createUserClient, maxUsersSize, userTimeoutMs } from './clients/user-client.ts'
import { createAdminOrderRepository } from './db/admin-order-repository.ts'
import { createErasureRepository } from './db/erasure-repository.ts'
import { createExportLinks } from './db/export-links.ts'
import { createExportRepository } from './db/export-repository.ts'
import { createFeedRepository } from './db/feed-repository.ts'
import { createIdempotencyRepository } from './db/idempotency-repository.ts'
import { createOrderHistory } from './db/order-history.ts'
import { createOrderRepository } from './db/order-repository.ts'
import { createStatsRepository } from './db/stats-repository.ts'
import { startErasingClosedOrders } from './erase-closed-orders.ts'
import { createEraseOrders } from './erase-orders.ts'
import { createExportOrders } from './export-orders.ts'
import { createPlaceOrder } from './place-order.ts'
import { settings } from './settings.ts'
import { createOrderStreams } from './streams/order-streams.ts'

await runMain(async () => {
  const config = readConfig(settings, process.env)
  const logger = createLogger({ name: 'order', level: config.logLevel })
  const verifyToken = createConfiguredVerifier(config, logger)
  const connections = { name: 'order', logger, session: indexWalkPlans }
  const db = createDatabase(config, connections)
  const pipeline = createPipeline(config, connections)
  // operators' reads may be long, and never take a connection or a place in a pipeline that shoppers wait for
  const operatorsDb = createDatabase(
    { ...config, databasePoolSize: Math.min(2, config.databasePoolSize) },
    connections,
  )
  const http = createServiceClient({
    name: 'product',
    baseUrl: config.productServiceUrl,
    config,
    maxResponseSize: maxProductsSize,
  })
  const userHttp =
    config.userServiceUrl === undefined
      ? undefined
      : createServiceClient({
          name: 'user',
          baseUrl: config.userServiceUrl,
          config: { ...config, upstreamTimeoutMs: Math.min(userTimeoutMs, config.upstreamTimeoutMs) },
          maxResponseSize: maxUsersSize,
        })
  const checkReadiness = databaseReadiness(db, {
    table: 'order_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const answerOnce = createAnswerOnce({ db, pipeline })
  const erasures = createErasureRepository(db)
  const exportLinks = createExportLinks(db)
  const app = buildApp(
    {
      orders: createOrderRepository(db, { pipeline, logger }),
      history: createOrderHistory(pipeline),
      orderStreams: createOrderStreams({
        feed: createFeedRepository(pipeline),
        log: logger,
        maxStreams: config.maxStreams,
      }),
      placeOrder: createPlaceOrder({ db, pipeline, products: createProductClient(http), ...config }),
      changeOrder: createChangeOrder({ answerOnce }),
      erasures,
      eraseOrders: createEraseOrders(erasures),
      exportOrders: createExportOrders({
        exports: createExportRepository(db, { logger }),
        maxExports: config.maxExports,
      }),
      exportLinks,
      adminOrders: createAdminOrderRepository(operatorsDb, { logger }),
      stats: createStatsRepository(operatorsDb),
      users: userHttp && createUserClient(userHttp),
      verifyToken,
    },
    { logger, checkReadiness, limits: config, corsOrigins: config.corsOrigins },
  )
  const everyMinute = { everyMs: 60_000, log: logger }
  const stops = [
    startDeletingExpired(createIdempotencyRepository(db).deleteExpired, {
      ...everyMinute,
      what: 'idempotency keys',
    }),
    startDeletingExpired(exportLinks.deleteExpired, { ...everyMinute, what: 'export links' }),
    startErasingClosedOrders(erasures, everyMinute),
  ]
  await run(app, config, async () => {
    for (const stop of stops) stop()
    await Promise.all([pipeline.close(), db.close(), operatorsDb.close(), http.close(), userHttp?.close()])
  })
})
