import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { withDatabaseUrl } from './database-url.ts'
import { applyRoles, migrateDown, migrateReset, migrateUp, seed } from './migrations.ts'

const help = `Usage: node database-cli.ts <command> <service folder>... [--after <service folder>]... [--force]

Commands
  up      apply the migrations that are not yet applied
  down    take back the one that was applied last
  reset   take back all of them, with all data, and apply them anew (--force: also on another machine's database)
  seed    insert the demo data that is missing
  roles   create the services' database roles from the SQL file given instead of a folder; their passwords come from
          USER_SERVICE_DB_PASSWORD, PRODUCT_SERVICE_DB_PASSWORD and ORDER_SERVICE_DB_PASSWORD

  --after  a service whose tables the named one refers to: its migrations and seeds come first

DATABASE_URL says which database, as its owner. Without it the command uses the embedded one in .data/.`

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      after: { type: 'string', multiple: true, default: [] },
      force: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const [command, ...named] = positionals
  if (values.help) return console.log(help)
  if (!command || named.length === 0)
    throw new UsageError('a command and at least one service folder are needed')
  const services = named.map((folder) => resolve(folder))
  const after = values.after.map((folder) => resolve(folder))

  await withDatabaseUrl(async (databaseUrl) => {
    const target = { databaseUrl, log: (line: string) => console.log(line) }
    switch (command) {
      case 'up':
        return report(
          'applied',
          await migrateUp({ ...target, services: [...after, ...services] }),
          'nothing to apply',
        )
      case 'down':
        return report('took back', await migrateDown({ ...target, services }), 'nothing to take back')
      case 'reset':
        if (!values.force) refuseElsewhere(databaseUrl)
        return report('applied anew', await migrateReset({ ...target, services, after }), 'nothing to apply')
      case 'seed':
        return console.log(
          `${await seed({ ...target, services: [...after, ...services] })} rows of demo data inserted`,
        )
      case 'roles':
        await applyRoles({ databaseUrl, rolesFile: services[0] as string, passwords: rolePasswords() })
        return console.log('roles and grants are in place')
      default:
        throw new UsageError(`unknown command ${command}`)
    }
  })
}

class UsageError extends Error {}

/** reset deletes everything: a forgotten DATABASE_URL must not make it somebody else's everything. */
function refuseElsewhere(databaseUrl: string) {
  const { hostname } = new URL(databaseUrl)
  if (['localhost', '127.0.0.1', '[::1]', ''].includes(hostname)) return
  throw new UsageError(`reset would delete all data on ${hostname}; say --force if that is what you want`)
}

function rolePasswords() {
  const password = (role: string) => {
    const name = `${role.toUpperCase()}_DB_PASSWORD`
    const value = process.env[name]
    if (!value) throw new UsageError(`${name} is required: the password of the database role ${role}`)
    return value
  }
  return {
    user_service: password('user_service'),
    product_service: password('product_service'),
    order_service: password('order_service'),
  }
}

function report(verb: string, names: string[], otherwise: string) {
  console.log(names.length > 0 ? names.map((name) => `${verb} ${name}`).join('\n') : otherwise)
}

/** What an operator can act on without a stack trace. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, detail } = error as { code?: string; detail?: string }
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
