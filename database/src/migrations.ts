import { readFileSync } from 'node:fs'
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
  /** All unless given. */
  services?: readonly Service[]
  /** Whose roles get their rights on new tables: as in applyRoles. */
  installation?: string
}

/**
 * Applies what is not yet applied, service by service in the order given, each in one transaction. Returns the names of
 * what it applied.
 */
export function migrateUp(target: MigrationTarget): Promise<string[]> {
  const { services = allServices } = target
  return withMigrationLock(target, async (client) => {
    await inTransaction(client, () => completeRecords(client))
    const applied: string[] = []
    for (const service of services)
      applied.push(...(await inTransaction(client, () => applyMissing(client, service, target.installation))))
    return applied
  })
}

/**
 * Takes back the migration that was applied last among those of the services given. Returns its name, or nothing.
 * Throws DataLossError, without `force`, when that would delete data.
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
 * Takes back all migrations of `services`, last service first, with all their data, and applies them again, those of
 * `after` first. All in one transaction. Returns the names of what it applied.
 */
export function migrateReset(target: MigrationTarget & { after?: readonly Service[] }): Promise<string[]> {
  const { services = allServices, after = [], installation } = target
  return withMigrationLock(target, (client) =>
    inTransaction(client, async () => {
      await completeRecords(client)
      for (const service of services.toReversed()) {
        const applied = await appliedMigrations(client, service)
        for (const { name } of applied.toReversed()) await takeBack(client, service, find(service, name))
      }
      const applied: string[] = []
      for (const service of [...after, ...services])
        applied.push(...(await applyMissing(client, service, installation)))
      return applied
    }),
  )
}

/** Runs the services' seed files, which insert what is missing and change nothing. Returns how many rows were inserted. */
export function seed(target: Connection & { services?: readonly Service[] }): Promise<number> {
  const { services = allServices } = target
  return withMigrationLock(target, async (client) => {
    let inserted = 0
    for (const file of services.flatMap(({ folder }) => sqlFiles(join(folder, 'seeds')))) {
      const results = await client.query(readFileSync(file, 'utf8'))
      for (const result of [results].flat())
        inserted += result.command === 'INSERT' ? (result.rowCount ?? 0) : 0
    }
    return inserted
  })
}

async function applyMissing(
  client: pg.Client,
  service: Service,
  installation: string | undefined,
): Promise<string[]> {
  await ensureRecord(client, service)
  const migrations = readMigrations(service)
  const applied = (await appliedMigrations(client, service)).map(({ name }) => name)
  // a database may be ahead of this code, but must not have skipped any of its files
  const missing = migrations.filter(({ name }) => !applied.includes(name))
  const last = applied.toSorted().at(-1) ?? ''
  const skipped = missing.find(({ name }) => name < last)
  if (skipped)
    throw new Error(
      `${fullName(service, skipped)} is not applied, but ${service.name}/${last}, which follows it, is`,
    )

  for (const migration of missing) {
    await run(client, fullName(service, migration), migration.up)
    await recordApplied(client, service, migration.name)
  }
  await grantToMarkedRoles(client, service, installation)
  return missing.map((migration) => fullName(service, migration))
}

async function takeBack(client: pg.Client, service: Service, migration: Migration): Promise<void> {
  await run(client, fullName(service, migration), migration.down)
  await recordTakenBack(client, service, migration.name)
}

/** By position, so that neither clocks nor time zones matter. */
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
      `${service.name}/${name} is applied, but its file is not here: use the version that has it`,
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
