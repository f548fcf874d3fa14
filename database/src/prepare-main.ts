import { explainError } from '@shop/commands/explain-error'
import { createTerminal } from '@shop/commands/terminal'
import { ConfigError, oneOf, optional, readConfig, text } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { prepareDatabase } from './prepare.ts'
import { roleSettingsOf, rolesFrom } from './role-settings.ts'
import { services } from './services.ts'

const roleSettings = roleSettingsOf(services)

const settings = {
  databaseUrl: databaseSettings.databaseUrl,
  ownerPassword: optional(
    text('PGPASSWORD', { meaning: "The owner's, unless DATABASE_URL has it", secret: true }),
  ),
  seed: oneOf('SEED', {
    meaning: 'Whether to insert the demo data',
    choices: ['true', 'false'],
    default: 'false',
  }),
}

/** The default of every password in docker-compose.yml. */
const demoPassword = 'demo-only'

const demoWarning = `
  WARNING: this is a demo. The passwords of its database and of its accounts, including the admin's, are known to
  everyone. For anything else set SEED=false and the passwords: see .env.example.
`

async function main() {
  const config = readConfig({ ...roleSettings, ...settings }, process.env)
  const { databaseUrl } = config
  const seeds = config.seed === 'true'
  const terminal = createTerminal(process.stdout)
  const problems = demoPasswordProblems()
  if (problems.length > 0 && !seeds) throw new ConfigError(problems)
  const log = (line: string) => terminal.line(`  ${line}`)
  await prepareDatabase({ databaseUrl, roles: rolesFrom(config), seeds, log }, terminal.step)
  if (seeds) terminal.line(demoWarning)
}

function demoPasswordProblems(): string[] {
  return Object.values({ ...settings, ...roleSettings })
    .filter(({ env }) => process.env[env] === demoPassword)
    .map(({ env }) => (env === 'PGPASSWORD' ? 'POSTGRES_PASSWORD' : env))
    .map((env) => `${env} must be set: with SEED=false this is no demo`)
}

try {
  await main()
} catch (error) {
  console.error(explainError(error))
  process.exitCode = 1
}
