import { join } from 'node:path'
import { ConfigError, oneOf, readConfig, text } from '@shop/shared/config'
import { databaseSettings } from '@shop/shared/database'
import { runMain } from '@shop/shared/run'
import { prepareDatabase } from './prepare-database.ts'
import { createTerminal } from './terminal.ts'

const password = (env: string, whose: string) =>
  text(env, { meaning: `The password of the database role ${whose}`, secret: true })

const settings = {
  databaseUrl: databaseSettings.databaseUrl,
  ownerPassword: { ...password('PGPASSWORD', 'that owns the database'), optional: true },
  user_service: password('USER_SERVICE_DB_PASSWORD', 'user_service'),
  product_service: password('PRODUCT_SERVICE_DB_PASSWORD', 'product_service'),
  order_service: password('ORDER_SERVICE_DB_PASSWORD', 'order_service'),
  seed: oneOf('SEED', {
    meaning: 'Whether to insert the demo data',
    choices: ['true', 'false'],
    default: 'false',
  }),
}

/** What docker-compose.yml gives for a password that the environment does not. */
const demoPassword = 'demo-only'

await runMain(async () => {
  const { databaseUrl, seed, ownerPassword, ...passwords } = readConfig(settings, process.env)
  const seeds = seed === 'true'
  const terminal = createTerminal(process.stdout)
  if ([ownerPassword, ...Object.values(passwords)].includes(demoPassword)) {
    // demo accounts are open to everyone anyway; what is not a demo must not be
    if (!seeds) throw new ConfigError(demoPasswordProblems())
    terminal.line(
      '  WARNING: this is a demo. Its database passwords and its accounts (admin@example.com among them) are',
    )
    terminal.line(
      '  known to everyone. For anything else set SEED=false and the passwords: see .env.example.',
    )
  }
  await prepareDatabase(
    { databaseUrl, root: join(import.meta.dirname, '../..'), passwords, seeds },
    terminal.step,
  )
})

function demoPasswordProblems(): string[] {
  return Object.values(settings)
    .filter((setting) => process.env[setting.env] === demoPassword)
    .map(
      ({ env }) =>
        `${env === 'PGPASSWORD' ? 'POSTGRES_PASSWORD' : env} must be set: with SEED=false this is no demo`,
    )
}
