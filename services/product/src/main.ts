import { createConfiguredVerifier } from '@shop/service/auth/configured-verifier'
import { readConfig } from '@shop/service/config'
import { indexWalkPlans } from '@shop/service/database/connection'
import { createDatabase } from '@shop/service/database/database'
import { observeConnections } from '@shop/service/database/metrics'
import { databaseReadiness } from '@shop/service/http/readiness'
import { run, runMain } from '@shop/service/http/run'
import { createLogger } from '@shop/service/logger'
import { Registry } from 'prom-client'
import { buildApp } from './app.ts'
import { createProductRepository } from './db/product-repository.ts'
import { settings } from './settings.ts'

await runMain(async () => {
  const config = readConfig(settings, process.env)
  const logger = createLogger({ name: 'product', level: config.logLevel })
  const metrics = new Registry()
  const verifyToken = createConfiguredVerifier(config, logger, { metrics })
  const database = createDatabase(config, { name: 'product', logger, session: indexWalkPlans })
  observeConnections(metrics, { main: database })
  const checkReadiness = databaseReadiness(database, {
    table: 'product_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const products = createProductRepository(database, { logger })
  const app = buildApp(
    { products, verifyToken },
    { logger, metrics, checkReadiness, limits: config, corsOrigins: config.corsOrigins },
  )
  await run(app, config, () => database.close())
})
