import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sqlFiles } from '@shop/service/database/sql-files'
import type pg from 'pg'
import { type Connection, inTransaction, withMigrationLock } from './connection.ts'
import { refuseDataLoss } from './data-loss.ts'
import { grantToMarkedRoles } from './grants.ts'
import { type Migration, readMigrations } from './migration-files.ts'
import { appliedMigrations, completeRecords, ensureRecord, recordApplied, recordTakenBack } from './record.ts'
import { services as allServices, type Service } from './services.ts'

export type MigrationTarget = Connection & {
  /** All services by default. */
  services?: readonly Service[]
  /** The installation whose roles get rights on new tables; see applyRoles. */
  installation?: string
}

/**
 * Applies the missing migrations, service by service in the given order, each in one transaction. Returns
 * their names.
 */
export function migrateUp(target: MigrationTarget): Promise<string[]> {
  const { services = allServices, installation } = target
  return withMigrationLock(target, async (client) => {
    await inTransaction(client, () => completeRecords(client))
    return applyAll(client, services, installation)
  })
}

/**
 * Takes back the migration that was applied last among those of the given services. Returns its name, or no
 * name if none is applied. Throws DataLossError if that would delete data and `force` is not set.
 */
export function migrateDown(target: MigrationTarget & { force?: boolean }): Promise<string[]> {
  const { services = allServices, force = false } = target
  return withMigrationLock(target, async (client) => {
    await inTransaction(client, () => completeRecords(client))
    const last = await lastApplied(client, services)
    if (!last) return []
    const { service, migration } = last
    const name = fullName(service, migration)
    const work = () => takeBack(client, service, migration)
    await inTransaction(client, () => (force ? work() : refuseDataLoss(client, name, work)))
    return [name]
  })
}

/**
 * Takes back all migrations of `services` with all their data, last service first, in one transaction, and
 * applies them again, after the missing ones of `after`. Returns the names of the migrations that it applied.
 */
export function migrateReset(target: MigrationTarget & { after?: readonly Service[] }): Promise<string[]> {
  const { services = allServices, after = [], installation } = target
  return withMigrationLock(target, async (client) => {
    await inTransaction(client, async () => {
      await completeRecords(client)
      for (const service of services.toReversed()) {
        const applied = await appliedMigrations(client, service)
        for (const { name } of applied.toReversed()) await takeBack(client, service, find(service, name))
      }
    })
    const applied = await applyAll(client, [...after, ...services], installation)
    await grantToDependents(client, services, installation)
    return applied
  })
}

/**
 * Runs the services' seed files, which insert missing rows and change none. Returns the number of inserted
 * rows.
 */
export function seed(target: Connection & { services?: readonly Service[] }): Promise<number> {
  const { services = allServices } = target
  return withMigrationLock(target, async (client) => {
    let inserted = 0
    const folders = services.map(({ folder }) => join(folder, 'seeds')).filter((seeds) => existsSync(seeds))
    for (const file of folders.flatMap(sqlFiles)) {
      const results = await client.query(readFileSync(file, 'utf8'))
      for (const result of [results].flat())
        inserted += result.command === 'INSERT' ? (result.rowCount ?? 0) : 0
    }
    return inserted
  })
}

async function applyAll(
  client: pg.Client,
  services: readonly Service[],
  installation: string | undefined,
): Promise<string[]> {
  const applied: string[] = []
  for (const service of services) {
    await inTransaction(client, () => ensureRecord(client, service))
    for (const migration of await missingMigrations(client, service)) {
      // one transaction each: the strong lock of one must end before the next reads a big table
      await inTransaction(client, async () => {
        await run(client, fullName(service, migration), migration.up)
        await recordApplied(client, service, migration.name)
      })
      applied.push(fullName(service, migration))
    }
    await inTransaction(client, () => grantToMarkedRoles(client, service, installation))
  }
  return applied
}

/** Gives the services that refer to these their rights on the tables that are new. */
async function grantToDependents(
  client: pg.Client,
  services: readonly Service[],
  installation: string | undefined,
): Promise<void> {
  const dependents = allServices.filter(
    (each) => !services.includes(each) && services.some(({ name }) => each.refersTo.includes(name)),
  )
  for (const service of dependents)
    if ((await missingMigrations(client, service)).length === 0)
      await inTransaction(client, () => grantToMarkedRoles(client, service, installation))
}

/** Throws when a migration that precedes an applied one is missing. */
async function missingMigrations(client: pg.Client, service: Service): Promise<Migration[]> {
  const applied = (await appliedMigrations(client, service)).map(({ name }) => name)
  const missing = readMigrations(service).filter(({ name }) => !applied.includes(name))
  // the database may have later migrations than this code
  const last = applied.toSorted().at(-1) ?? ''
  const skipped = missing.find(({ name }) => name < last)
  if (skipped)
    throw new Error(
      `${fullName(service, skipped)} is not applied, but ${service.name}/${last}, which follows it, is`,
    )
  return missing
}

async function takeBack(client: pg.Client, service: Service, migration: Migration): Promise<void> {
  await run(client, fullName(service, migration), migration.down)
  await recordTakenBack(client, service, migration.name)
}

/** Compares positions rather than times, which depend on clocks and time zones. */
async function lastApplied(client: pg.Client, services: readonly Service[]) {
  let last: { service: Service; name: string; position: number } | undefined
  for (const service of services) {
    const applied = (await appliedMigrations(client, service)).at(-1)
    if (applied && (!last || applied.position > last.position)) last = { service, ...applied }
  }
  return last && { service: last.service, migration: find(last.service, last.name) }
}

function find(service: Service, name: string): Migration {
  const migration = readMigrations(service).find((each) => each.name === name)
  if (!migration)
    throw new Error(
      `${service.name}/${name} is applied, but this version has no such file: use the version that has it`,
    )
  return migration
}

async function run(client: pg.Client, name: string, sql: string): Promise<void> {
  await client.query(sql).catch((cause) => {
    throw new Error(`${name}: ${cause.message}`, { cause })
  })
}

function fullName(service: Service, migration: Migration): string {
  return `${service.name}/${migration.name}`
}
