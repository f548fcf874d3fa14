import { join } from 'node:path'
import type { Terminal } from '@shop/commands/terminal'
import { applyRoles, migrateUp, type RolePasswords, seed } from './migrations.ts'

export type Preparation = {
  /** The owner's. */
  databaseUrl: string
  root: string
  passwords: RolePasswords
  seeds: boolean
}

/** Brings the database to where the services can start: migrations, roles, and demo data if wanted. Again is harmless. */
export async function prepareDatabase(
  { databaseUrl, root, passwords, seeds }: Preparation,
  step: Terminal['step'],
): Promise<void> {
  const services = ['user', 'product', 'order'].map((name) => join(root, 'services', name))
  const rolesFile = join(root, 'database', 'roles.sql')
  await step('migrations', () => migrateUp({ databaseUrl, services }), describeMigrations)
  await step('roles', () => applyRoles({ databaseUrl, services, rolesFile, passwords }))
  if (!seeds) return
  await step(
    'demo data',
    () => seed({ databaseUrl, services }),
    (rows) => `${rows} new rows`,
  )
}

function describeMigrations(applied: string[]) {
  return applied.length > 0 ? `${applied.length} applied` : 'nothing new'
}
