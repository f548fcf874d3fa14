import { readConfig } from '@shop/shared/config'
import { createDatabase } from '@shop/shared/database'
import { createLogger } from '@shop/shared/logger'
import { databaseReadiness } from '@shop/shared/readiness'
import { run, runMain } from '@shop/shared/run'
import { createConfiguredVerifier } from '@shop/shared/token-verifier'
import { buildApp } from './app.ts'
import { createOrderRepository } from './db/order-repository.ts'
import { settings } from './settings.ts'

await runMain(async () => {
  const config = readConfig(settings, process.env)
  const logger = createLogger({ name: 'order', level: config.logLevel })
  const verifyToken = createConfiguredVerifier(config, logger)
  const database = createDatabase(config, { name: 'order', logger })
  const checkReadiness = databaseReadiness(database, {
    table: 'order_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const app = buildApp({ orders: createOrderRepository(database), verifyToken }, { logger, checkReadiness })
  await run(app, config, () => database.close())
})
