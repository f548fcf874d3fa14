import { readConfig } from '@shop/shared/config'
import { createDatabase } from '@shop/shared/database'
import { createServiceClient } from '@shop/shared/http-client'
import { createLogger } from '@shop/shared/logger'
import { createPipeline } from '@shop/shared/pipeline'
import { databaseReadiness } from '@shop/shared/readiness'
import { run, runMain } from '@shop/shared/run'
import { createConfiguredVerifier } from '@shop/shared/token-verifier'
import { buildApp } from './app.ts'
import { startCleanUp } from './clean-up.ts'
import { createProductClient } from './clients/product-client.ts'
import { createIdempotencyRepository } from './db/idempotency-repository.ts'
import { createOrderRepository } from './db/order-repository.ts'
import { createPlaceOrder } from './place-order.ts'
import { settings } from './settings.ts'

await runMain(async () => {
  const config = readConfig(settings, process.env)
  const logger = createLogger({ name: 'order', level: config.logLevel })
  const verifyToken = createConfiguredVerifier(config, logger)
  const db = createDatabase(config, { name: 'order', logger })
  const pipeline = createPipeline(config, { name: 'order', logger })
  const http = createServiceClient({ name: 'product', baseUrl: config.productServiceUrl, config })
  const checkReadiness = databaseReadiness(db, {
    table: 'order_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const app = buildApp(
    {
      orders: createOrderRepository(db, pipeline),
      placeOrder: createPlaceOrder({ db, quick: pipeline, products: createProductClient(http) }),
      verifyToken,
    },
    { logger, checkReadiness },
  )
  const stopCleanUp = startCleanUp(createIdempotencyRepository(db), { everyMs: 60_000, log: logger })
  await run(app, config, async () => {
    stopCleanUp()
    await Promise.all([pipeline.close(), db.close(), http.close()])
  })
})
