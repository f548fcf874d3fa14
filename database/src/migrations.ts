import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { sqlFiles } from '@shop/service/database/sql-files'
import { runner } from 'node-pg-migrate'
import pg from 'pg'

/** A service's folder; its migrations are in `migrations/`, its demo data in `seeds/`, its record in `<name>_migrations`. */
export type ServiceFolder = string

type Target = { databaseUrl: string; services: ServiceFolder[]; log?: (line: string) => void }

/** Applies what is not yet applied, service by service in the order given. Returns the names of what it applied. */
export function migrateUp(target: Target): Promise<string[]> {
  return alone(target, async (client) => {
    const applied: string[] = []
    for (const service of target.services)
      applied.push(...(await migrate(client, service, 'up', Number.POSITIVE_INFINITY)))
    return applied
  })
}

/** Takes back the migration that was applied last among those of the services given. Returns its name, or nothing. */
export function migrateDown(target: Target): Promise<string[]> {
  return alone(target, async (client) => {
    let last: { service: ServiceFolder; at: string } | undefined
    for (const service of target.services) {
      const at = await lastApplied(client, service)
      // within one batch all have the same time: later services stand on earlier ones and go first
      if (at && (!last || at >= last.at)) last = { service, at }
    }
    return last ? migrate(client, last.service, 'down', 1) : []
  })
}

/** Takes back all migrations of `services`, last service first, with all their data, and applies them anew, those of `after` first. */
export function migrateReset(target: Target & { after?: ServiceFolder[] }): Promise<string[]> {
  return alone(target, async (client) => {
    for (const service of target.services.toReversed()) {
      if (await lastApplied(client, service)) await migrate(client, service, 'down', Number.POSITIVE_INFINITY)
    }
    const applied: string[] = []
    for (const service of [...(target.after ?? []), ...target.services]) {
      applied.push(...(await migrate(client, service, 'up', Number.POSITIVE_INFINITY)))
    }
    return applied
  })
}

/** Runs the services' seed files, which insert what is missing and change nothing. Returns how many rows were inserted. */
export function seed(target: Target): Promise<number> {
  return alone(target, async (client) => {
    let inserted = 0
    for (const file of target.services.flatMap((service) => sqlFiles(join(service, 'seeds')))) {
      const results = await client.query(readFileSync(file, 'utf8'))
      for (const result of [results].flat())
        inserted += result.command === 'INSERT' ? (result.rowCount ?? 0) : 0
    }
    return inserted
  })
}

/** By role. */
export type RolePasswords = { user_service: string; product_service: string; order_service: string }

/** Creates the services' login roles, sets their passwords and grants them what they need; again is harmless. */
export function applyRoles(target: {
  databaseUrl: string
  services: ServiceFolder[]
  rolesFile: string
  passwords: RolePasswords
}): Promise<void> {
  return alone(target, async (client) => {
    await client.query('BEGIN')
    for (const [role, password] of Object.entries(target.passwords)) {
      // a parameter of the session, so that the password is in no statement that could be logged
      await client.query('SELECT set_config($1, $2, true)', [`shop.${role}_password`, password])
    }
    await client.query(readFileSync(target.rolesFile, 'utf8'))
    for (const service of target.services) await grant(client, service)
    await client.query('COMMIT')
  })
}

/** Any fixed number will do, as long as nobody else uses it. */
const lockId = 7_301_995_412

/**
 * Runs `work` while nobody else migrates or seeds this database. Others wait: any number of replicas may start at once.
 * The lock belongs to the connection, so a process that is killed leaves none behind.
 */
async function alone<Result>(
  { databaseUrl, log }: { databaseUrl: string; log?: (line: string) => void },
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'migrations',
    connectionTimeoutMillis: 10_000,
  })
  let lost: Error | undefined
  client.on('error', (error) => {
    lost = error
  })
  client.on('notice', (notice) => notice.message && log?.(notice.message))
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockId])
    return await work(client)
  } catch (error) {
    throw lost ?? error
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function migrate(client: pg.Client, service: ServiceFolder, direction: 'up' | 'down', count: number) {
  const done = await runner({
    dbClient: client,
    dir: join(service, 'migrations'),
    migrationsTable: tableOf(service),
    direction,
    count,
    // `alone` holds a lock around all services; the runner's own would cover one at a time
    noLock: true,
    // Up: one transaction each, so that a strong lock ends before the next migration reads a big table. Down: all or nothing
    singleTransaction: direction === 'down',
    logger: { info: () => {}, warn: console.warn, error: () => {} },
  })
  if (direction === 'up') await grant(client, service)
  return done.map(({ name }) => `${basename(service)}/${name}`)
}

/** Gives the service's role its rights, if the role exists: tables that were made anew have nobody's. */
async function grant(client: pg.Client, service: ServiceFolder) {
  const role = `${basename(service)}_service`
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role])
  if (rowCount) await client.query(readFileSync(join(service, 'grants.sql'), 'utf8'))
}

async function lastApplied(client: pg.Client, service: ServiceFolder): Promise<string | undefined> {
  const { rows: tables } = await client.query('SELECT to_regclass($1) IS NOT NULL AS present', [
    tableOf(service),
  ])
  if (!tables[0].present) return undefined
  const { rows } = await client.query(`SELECT max(run_on)::text AS at FROM ${tableOf(service)}`)
  return rows[0].at ?? undefined
}

function tableOf(service: ServiceFolder): string {
  const name = basename(service)
  if (!/^[a-z]+$/.test(name) || !existsSync(join(service, 'migrations')))
    throw new Error(`${service} is not the folder of a service with migrations`)
  return `${name}_migrations`
}
