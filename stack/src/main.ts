import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { explainError } from '@shop/commands/explain-error'
import { watchSignals } from '@shop/commands/signals'
import { createTerminal } from '@shop/commands/terminal'
import { dataFolder } from '@shop/database/embedded'
import { runStack } from './stack.ts'

const help = `Usage: npm start [-- <options>]      npm run dev [-- <options>]

Starts the whole shop on this machine: PostgreSQL, the user, product, order and relay services, and the gateway.

Options
  --watch     restart a service when its code or packages/service changes (the default of npm run dev)
  --no-seed   do not insert the demo data
  --help

Environment
  GATEWAY_PORT, USER_PORT, PRODUCT_PORT, ORDER_PORT, RELAY_PORT
                     8080, 3001, 3002, 3003, 3004
  DATABASE_URL       your own PostgreSQL, as the owner of the database; without it one is started in the data folder
  USER_SERVICE_DB_PASSWORD, PRODUCT_SERVICE_DB_PASSWORD, ORDER_SERVICE_DB_PASSWORD, RELAY_SERVICE_DB_PASSWORD
                     passwords of the services' database roles; by default generated once and kept in the data folder
  USER_SERVICE_DB_ROLE, PRODUCT_SERVICE_DB_ROLE, ORDER_SERVICE_DB_ROLE, RELAY_SERVICE_DB_ROLE
                     names of these roles (user_service, product_service, order_service, relay_service)
  OPERATORS_DOOR     open (the default) or closed: whether the operators' routes below /admin are public
  CORS_ORIGINS       origins whose pages may call the API, e.g. http://localhost:5173; none by default
  LOG_LEVEL          of the services: trace, debug, info (the default), warn, error
  STACK_DATA_DIR     the data folder, for the database and the logs (.data by default)
  POSTGRES_BIN_DIR   PostgreSQL's programs, instead of those that npm installed, e.g. /usr/lib/postgresql/18/bin
  PGHOST, PGPORT, PGDATABASE, PGSSLMODE, PGSSLROOTCERT, PGSSLCERT, PGSSLKEY
                     fill in what DATABASE_URL leaves out; relative paths are resolved from where npm was called
  NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, SSL_CERT_DIR, NODE_OPTIONS, OTEL_*, HTTP_PROXY, HTTPS_PROXY, NO_PROXY
                     are passed to the services`

const terminal = createTerminal(process.stdout)
const { stopping, forced } = watchSignals((text) => terminal.line(`\n  ${text}`))

async function main() {
  const { values } = parseArgs({
    options: { watch: { type: 'boolean' }, 'no-seed': { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) return terminal.line(help)

  await runStack(
    {
      root: join(import.meta.dirname, '../..'),
      dataDir: dataFolder(),
      env: process.env,
      seeds: !values['no-seed'],
      watch: values.watch ?? false,
      stopping,
      forced,
    },
    terminal,
  )
}

try {
  await main()
} catch (error) {
  if (error !== stopping.reason) {
    terminal.line(`\n${explainError(error)}\n`)
    process.exitCode = 1
  }
}
if (stopping.aborted) terminal.line('  stopped')
// connections kept alive would delay the exit
process.exit()
