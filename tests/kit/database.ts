import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { applyRoles, migrateUp } from '@shop/database/migrations'
import { acquireEmbeddedPostgres } from '@shop/embedded-postgres/embedded-postgres'
import type { DatabaseConfig, SessionSettings } from '@shop/service/database/connection'
import { createDatabase, type Database } from '@shop/service/database/database'
import { sqlFiles } from '@shop/service/database/sql-files'
import { createLogger } from '@shop/service/logger'
import pg from 'pg'

export type ServiceRole = 'user_service' | 'product_service' | 'order_service'

export type TestDatabase = {
  /** As the service itself connects. */
  db: Database
  /** As the owner, who may do everything. */
  owner: Database
  urlOf(role: ServiceRole | 'owner'): string
  /** For connections of a test's own, with time-outs that a busy machine does not meet. */
  configOf(role: ServiceRole | 'owner'): DatabaseConfig
  drop(): Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const services = ['user', 'product', 'order'].map((name) => join(root, 'services', name))
const rolesFile = join(root, 'database', 'roles.sql')
const rolePassword = 'test'

/** The tests' own PostgreSQL, shared by all test processes: the first starts it, the last stops it. */
export function acquireTestServer() {
  return acquireEmbeddedPostgres({
    dataDir: join(root, '.data', 'test'),
    database: 'postgres',
    durable: false,
  })
}

/** A migrated database of the test file's own; `db` connects to it as `role`, with `session`. Call drop() after the tests. */
export async function createTestDatabase(
  role: ServiceRole,
  { session = {} }: { session?: SessionSettings } = {},
): Promise<TestDatabase> {
  const server = await acquireTestServer()
  const name = `test_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`
  try {
    await cloneTemplate(server.url, name)
  } catch (error) {
    // a test process that keeps the server would never end
    await server.release()
    throw error
  }

  const urlOf = (user: ServiceRole | 'owner') => {
    const url = new URL(server.url)
    url.pathname = `/${name}`
    if (user !== 'owner') Object.assign(url, { username: user, password: rolePassword })
    return url.href
  }
  const configOf = (user: ServiceRole | 'owner') => ({
    databaseUrl: urlOf(user),
    databasePoolSize: 4,
    databaseConnectTimeoutMs: 10_000,
    databaseQueryTimeoutMs: 20_000,
    databasePrepared: true,
  })
  const connect = (user: ServiceRole | 'owner', session: SessionSettings = {}) =>
    createDatabase(configOf(user), {
      name: 'test',
      logger: createLogger({ name: 'test', level: 'silent' }),
      session,
    })
  const db = connect(role, session)
  const owner = connect('owner')

  return {
    db,
    owner,
    urlOf,
    configOf,
    async drop() {
      await Promise.all([db.close(), owner.close()])
      await asAdmin(server.url, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`))
      await server.release()
    },
  }
}

async function cloneTemplate(serverUrl: string, name: string): Promise<void> {
  const template = await prepareTemplate(serverUrl)
  await asAdmin(serverUrl, async (client) => {
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
    // a clone takes everything over but the rights on the database itself
    await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`)
    await client.query(`GRANT CONNECT ON DATABASE ${name} TO user_service, product_service, order_service`)
  })
}

/** The database that tests clone, made once for each state of the migrations. Returns its name. */
export async function prepareTemplate(serverUrl: string): Promise<string> {
  const files = services.flatMap((service) => [
    ...sqlFiles(join(service, 'migrations')),
    join(service, 'grants.sql'),
  ])
  const hash = createHash('sha256')
  for (const file of [...files, rolesFile]) hash.update(readFileSync(file))
  const template = `template_${hash.digest('hex').slice(0, 16)}`

  await asAdmin(serverUrl, async (client) => {
    await client.query("SELECT pg_advisory_lock(hashtext('test template'))")
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template])
    if (rowCount) return
    const { rows: old } = await client.query(
      `SELECT datname FROM pg_database WHERE datname ~ '^(template|building)_'`,
    )
    for (const { datname } of old) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`)
    // under its final name only when it is complete
    const building = template.replace('template', 'building')
    await client.query(`CREATE DATABASE ${building}`)
    const url = new URL(serverUrl)
    url.pathname = `/${building}`
    await migrateUp({ databaseUrl: url.href, services })
    await applyRoles({
      databaseUrl: url.href,
      services,
      rolesFile,
      passwords: { user_service: rolePassword, product_service: rolePassword, order_service: rolePassword },
    })
    await client.query(`ALTER DATABASE ${building} RENAME TO ${template}`)
  })
  return template
}

async function asAdmin<Result>(
  serverUrl: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
