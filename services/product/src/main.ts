import { createConfiguredVerifier } from '@shop/service/auth/token-verifier'
import { readConfig } from '@shop/service/config'
import { indexWalkPlans } from '@shop/service/database/connection'
import { createDatabase } from '@shop/service/database/database'
import { databaseReadiness } from '@shop/service/http/readiness'
import { run, runMain } from '@shop/service/http/run'
import { createLogger } from '@shop/service/logger'
import { buildApp } from './app.ts'
import { createProductRepository } from './db/product-repository.ts'
import { settings } from './settings.ts'

await runMain(async () => {
  const config = readConfig(settings, process.env)
  const logger = createLogger({ name: 'product', level: config.logLevel })
  const verifyToken = createConfiguredVerifier(config, logger)
  const database = createDatabase(config, { name: 'product', logger, session: indexWalkPlans })
  const checkReadiness = databaseReadiness(database, {
    table: 'product_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const products = createProductRepository(database, { logger })
  const app = buildApp(
    { products, verifyToken },
    { logger, checkReadiness, limits: config, corsOrigins: config.corsOrigins },
  )
  await run(app, config, () => database.close())
})
