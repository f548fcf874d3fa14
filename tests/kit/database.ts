import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OWNER } from '@shop/database/embedded'
import { migrateUp } from '@shop/database/migrations'
import { urlForRole } from '@shop/database/role-url'
import { applyRoles } from '@shop/database/roles'
import { defaultRoleName, forEachService, services } from '@shop/database/services'
import { acquireEmbeddedPostgres } from '@shop/embedded-postgres/embedded-postgres'
import type { DatabaseConfig, SessionSettings } from '@shop/service/database/connection'
import { createDatabase, type Database } from '@shop/service/database/database'
import { sqlFiles } from '@shop/service/database/sql-files'
import { createLogger } from '@shop/service/logger'
import pg from 'pg'

export type ServiceRole = 'user_service' | 'product_service' | 'order_service' | 'relay_service'

export type TestDatabase = {
  /** Connected as the service itself. */
  db: Database
  /** Connected as the owner, who may do everything. */
  owner: Database
  urlOf(role: ServiceRole | 'owner'): string
  /** For a test's own connections, with time-outs that even a busy machine does not reach. */
  configOf(role: ServiceRole | 'owner'): DatabaseConfig
  drop(): Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const password = 'test'
const roles = forEachService((service) => ({ name: defaultRoleName(service), password }))
const roleNames = services.map(defaultRoleName)

/** Shared by all test databases, on purpose. */
export const testInstallation = 'tests'

/** The tests' own PostgreSQL, shared by all test processes: the first starts it, the last stops it. */
export function acquireTestServer() {
  return acquireEmbeddedPostgres({
    dataDir: join(root, '.data', 'test'),
    owner: OWNER,
    database: 'postgres',
    durable: false,
  })
}

/**
 * Creates a migrated database for one test file; `db` connects to it as `role`, with `session`. Call drop()
 * after the tests.
 */
export async function createTestDatabase(
  role: ServiceRole,
  { session = {} }: { session?: SessionSettings } = {},
): Promise<TestDatabase> {
  const server = await acquireTestServer()
  const name = `test_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 8)}`
  try {
    await cloneTemplate(server.url, name)
  } catch (error) {
    // a test process that held the server would never exit
    await server.release()
    throw error
  }

  const urlOf = (user: ServiceRole | 'owner') => {
    const url = new URL(server.url)
    url.pathname = `/${name}`
    return user === 'owner' ? url.href : urlForRole(url.href, { name: user, password })
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
    // a clone copies everything except what belongs to the database itself
    await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`)
    for (const role of roleNames) {
      await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${role}`)
      await client.query(`ALTER ROLE ${role} IN DATABASE ${name} SET search_path = public`)
    }
  })
}

/** Returns the name of the database that tests clone, created once for each state of the migrations. */
export async function prepareTemplate(serverUrl: string): Promise<string> {
  const files = services.flatMap(({ folder }) => [
    ...sqlFiles(join(folder, 'migrations')),
    join(folder, 'grants.sql'),
  ])
  const engine = ['roles.sql', 'src/record.ts', 'src/roles.ts'].map((file) => join(root, 'database', file))
  const hash = createHash('sha256')
  for (const file of [...files, ...engine]) hash.update(readFileSync(file))
  const template = `template_${hash.digest('hex').slice(0, 16)}`

  await asAdmin(serverUrl, async (client) => {
    await client.query("SELECT pg_advisory_lock(hashtext('test template'))")
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template])
    if (rowCount) return
    const { rows: old } = await client.query(
      `SELECT datname FROM pg_database WHERE datname ~ '^(template|building)_'`,
    )
    for (const { datname } of old) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`)
    // gets its final name only when it is complete
    const building = template.replace('template', 'building')
    await client.query(`CREATE DATABASE ${building}`)
    const url = new URL(serverUrl)
    url.pathname = `/${building}`
    // roles left on this server by tests of another version may have no mark
    const { rows: existing } = await client.query(
      'SELECT quote_ident(rolname) AS role FROM pg_roles WHERE rolname = ANY($1)',
      [roleNames],
    )
    for (const { role } of existing) {
      await client.query(`GRANT CONNECT ON DATABASE ${building} TO ${role}`)
      // and may have settings that roles.sql no longer has
      await client.query(`ALTER ROLE ${role} RESET ALL`)
    }
    const target = { databaseUrl: url.href, installation: testInstallation }
    await migrateUp(target)
    await applyRoles({ ...target, roles })
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
