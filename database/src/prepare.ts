import type { Terminal } from '@shop/commands/terminal'
import { migrateUp, seed } from './migrations.ts'
import { applyRoles, checkRoles } from './roles.ts'
import type { Roles } from './services.ts'

export type Preparation = {
  /** The owner's URL. */
  databaseUrl: string
  roles: Roles
  seeds: boolean
  log: (line: string) => void
}

/**
 * Prepares the database for the services: migrations, roles and, with `seeds`, demo data. Can be repeated.
 */
export async function prepareDatabase(
  { seeds, ...target }: Preparation,
  step: Terminal['step'],
): Promise<void> {
  await step(
    'migrations',
    async () => {
      // before the migrations, so that a refusal leaves the database unchanged
      await checkRoles(target)
      return migrateUp(target)
    },
    describeMigrations,
  )
  await step('roles', () => applyRoles(target))
  if (!seeds) return
  await step(
    'demo data',
    () => seed(target),
    (rows) => `${rows} new rows`,
  )
}

function describeMigrations(applied: string[]) {
  return applied.length > 0 ? `${applied.length} applied` : 'nothing new'
}
