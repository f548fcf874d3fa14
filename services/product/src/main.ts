import { readConfig } from '@shop/shared/config'
import { createDatabase } from '@shop/shared/database'
import { createLogger } from '@shop/shared/logger'
import { databaseReadiness } from '@shop/shared/readiness'
import { run, runMain } from '@shop/shared/run'
import { createConfiguredVerifier } from '@shop/shared/token-verifier'
import { buildApp } from './app.ts'
import { createProductRepository } from './db/product-repository.ts'
import { settings } from './settings.ts'

await runMain(async () => {
  const config = readConfig(settings, process.env)
  const logger = createLogger({ name: 'product', level: config.logLevel })
  const verifyToken = createConfiguredVerifier(config, logger)
  const database = createDatabase(config, { name: 'product', logger })
  const checkReadiness = databaseReadiness(database, {
    table: 'product_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const products = createProductRepository(database)
  const app = buildApp({ products, verifyToken }, { logger, checkReadiness })
  await run(app, config, () => database.close())
})
