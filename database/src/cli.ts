import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { withDatabaseUrl } from '@shop/embedded-postgres/database-url'
import pg from 'pg'
import { applyRoles, migrateDown, migrateReset, migrateUp, seed } from './migrations.ts'

const help = `Usage: node cli.ts <command> <service folder>... [--after <service folder>]... [--force]

Commands
  up      apply the migrations that are not yet applied
  down    take back the one that was applied last
  reset   take back all of them, with all data, and apply them anew (--force: also on another machine's database)
  seed    insert the demo data that is missing
  roles   create the services' database roles from the SQL file given before the folders, with the passwords in
          USER_SERVICE_DB_PASSWORD, PRODUCT_SERVICE_DB_PASSWORD and ORDER_SERVICE_DB_PASSWORD, and grant them their rights

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
  const [name = '', ...folders] = positionals
  if (values.help) return console.log(help)
  const command = commands[name]
  if (!command) throw new UsageError(name ? `unknown command ${name}` : 'a command is needed')
  if (folders.length === 0) throw new UsageError('at least one service folder is needed')
  const after = values.after.map((folder) => resolve(folder))
  const run = command({
    folders: folders.map((folder) => resolve(folder)),
    after,
    force: values.force ?? false,
  })
  await withDatabaseUrl((databaseUrl) => run({ databaseUrl, log: console.log }))
}

type Arguments = { folders: string[]; after: string[]; force: boolean }

type Target = { databaseUrl: string; log: (line: string) => void }

/** Each checks what it can before there is a database. */
const commands: Record<string, (args: Arguments) => (target: Target) => Promise<void>> = {
  up:
    ({ folders, after }) =>
    async (target) =>
      report('applied', await migrateUp({ ...target, services: [...after, ...folders] }), 'nothing to apply'),
  down:
    ({ folders }) =>
    async (target) =>
      report('took back', await migrateDown({ ...target, services: folders }), 'nothing to take back'),
  reset:
    ({ folders, after, force }) =>
    async (target) => {
      if (!force) refuseElsewhere(target.databaseUrl)
      report('applied anew', await migrateReset({ ...target, services: folders, after }), 'nothing to apply')
    },
  seed:
    ({ folders, after }) =>
    async (target) =>
      console.log(
        `${await seed({ ...target, services: [...after, ...folders] })} rows of demo data inserted`,
      ),
  roles: ({ folders: [rolesFile = '', ...services] }) => {
    const passwords = rolePasswords()
    return async ({ databaseUrl }) => {
      await applyRoles({ databaseUrl, rolesFile, services, passwords })
      console.log('roles and grants are in place')
    }
  },
}

class UsageError extends Error {}

/** reset deletes everything: a forgotten DATABASE_URL must not make it somebody else's everything. */
function refuseElsewhere(databaseUrl: string) {
  // pg's own reading of it, because a URL can name the host in more than one place
  const { host } = new pg.Client({ connectionString: databaseUrl })
  if (['localhost', '127.0.0.1', '::1'].includes(host) || host.startsWith('/')) return
  throw new UsageError(`reset would delete all data on ${host}; say --force if that is what you want`)
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
