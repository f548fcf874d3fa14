import { parseArgs } from 'node:util'
import { optional, readConfig } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import pg from 'pg'
import { migrateDown, migrateReset, migrateUp, seed } from './migrations.ts'
import { completeDatabaseUrl } from './owner-url.ts'
import { roleSettingsOf, rolesFrom } from './role-settings.ts'
import { applyRoles } from './roles.ts'
import { type Service, services, withReferences } from './services.ts'

const help = `Usage: node cli.ts <command> [<service>]... [--force]

Without a service, a command applies to all of them. With one, up, reset and seed first handle the services that its
foreign keys refer to.

Commands
  up      apply the migrations that are not yet applied
  down    take back the migration that was applied last; --force: even if that deletes data
  reset   take back all migrations, delete all data, and apply them again; --force: even on another machine
  seed    insert the demo data that is missing
  roles   create the services' database roles, set their passwords and grant them their rights. The passwords are read
          from USER_SERVICE_DB_PASSWORD, PRODUCT_SERVICE_DB_PASSWORD, ORDER_SERVICE_DB_PASSWORD and
          RELAY_SERVICE_DB_PASSWORD (of the named services only), the role names from USER_SERVICE_DB_ROLE, …
          (user_service, product_service, order_service, relay_service)

DATABASE_URL is the owner's URL of the database. Without it, the command uses the embedded one in .data/. PG*
variables and relative paths complete it as for npm start.`

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { force: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
  })
  const [name = '', ...names] = positionals
  if (values.help) return console.log(help)
  const command = commands[name]
  if (!command) throw new UsageError(name ? `unknown command ${name}` : 'a command is required')
  const named = names.length > 0 ? names.map(serviceNamed) : services
  const run = command({ named, force: values.force })
  const work = (databaseUrl: string) => run({ databaseUrl, log: console.log })
  const { databaseUrl } = readConfig({ databaseUrl: optional(databaseSettings.databaseUrl) }, process.env)
  if (databaseUrl) return work(completeDatabaseUrl(databaseUrl, process.env))
  // loaded only when needed: the migrate image has no embedded database
  const { withEmbeddedDatabase } = await import('./embedded.ts').catch((cause) => {
    throw new Error('DATABASE_URL is required here: the URL of the database, as its owner.', { cause })
  })
  await withEmbeddedDatabase(work)
}

function serviceNamed(name: string): Service {
  const service = services.find((each) => each.name === name)
  if (service) return service
  throw new UsageError(
    `unknown service ${name}; the services are ${services.map((each) => each.name).join(', ')}`,
  )
}

type Arguments = { named: readonly Service[]; force: boolean }

type Target = { databaseUrl: string; log: (line: string) => void }

/** Each command checks its arguments and the environment before a database is opened. */
const commands: Record<string, (args: Arguments) => (target: Target) => Promise<void>> = {
  up:
    ({ named }) =>
    async (target) =>
      report('applied', await migrateUp({ ...target, services: withReferences(named) }), 'nothing to apply'),
  down:
    ({ named, force }) =>
    async (target) =>
      report('took back', await migrateDown({ ...target, services: named, force }), 'nothing to take back'),
  reset:
    ({ named, force }) =>
    async (target) => {
      if (!force) refuseElsewhere(target.databaseUrl)
      const after = withReferences(named).filter((service) => !named.includes(service))
      report('applied again', await migrateReset({ ...target, services: named, after }), 'nothing to apply')
    },
  seed:
    ({ named }) =>
    async (target) =>
      console.log(`${await seed({ ...target, services: withReferences(named) })} rows of demo data inserted`),
  roles: ({ named }) => {
    const roles = rolesFrom(readConfig(roleSettingsOf(named), process.env))
    return async (target) => {
      await applyRoles({ ...target, services: named, roles })
      console.log('roles and grants are in place')
    }
  },
}

class UsageError extends Error {}

/**
 * Throws UsageError unless the database is local: a DATABASE_URL left over in the environment must not delete
 * another machine's data.
 */
function refuseElsewhere(databaseUrl: string) {
  // parsed by pg, because a URL can name the host in more than one place
  const { host } = new pg.Client({ connectionString: databaseUrl })
  if (['localhost', '127.0.0.1', '::1'].includes(host) || host.startsWith('/')) return
  throw new UsageError(`reset would delete all data on ${host}; add --force to do so`)
}

function report(verb: string, names: string[], otherwise: string) {
  console.log(names.length > 0 ? names.map((name) => `${verb} ${name}`).join('\n') : otherwise)
}

/** Returns what an operator can act on, without a stack trace. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, detail } = (error.cause ?? error) as { code?: string; detail?: string }
  // dependent_objects_still_exist: another service's table refers to this one
  if (code === '2BP01')
    return `${error.message}\n${detail}\nTake back that service's migrations first, or reset all services at once: npm run migrate:reset`
  return error.message || String(code)
}

main(process.argv.slice(2)).catch((error) => {
  console.error(explain(error))
  if (error instanceof UsageError) console.error(`\n${help}`)
  process.exitCode = 1
})
