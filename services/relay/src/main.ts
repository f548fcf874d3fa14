import { readConfig } from '@shop/service/config'
import { createDatabase } from '@shop/service/database/database'
import { databaseReadiness } from '@shop/service/http/readiness'
import { run, runMain } from '@shop/service/http/run'
import { createLogger } from '@shop/service/logger'
import { buildApp } from './app.ts'
import { settings } from './settings.ts'

await runMain(async () => {
  const config = readConfig(settings, process.env)
  const logger = createLogger({ name: 'relay', level: config.logLevel })
  const database = createDatabase(config, { name: 'relay', logger })
  const checkReadiness = databaseReadiness(database, {
    table: 'relay_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const app = buildApp({ logger, checkReadiness, limits: config })
  await run(app, config, () => database.close())
})
