import type { Terminal } from '@shop/commands/terminal'
import { migrateUp, seed } from './migrations.ts'
import { applyRoles, checkRoles } from './roles.ts'
import type { Roles } from './services.ts'

export type Preparation = {
  /** The owner's. */
  databaseUrl: string
  roles: Roles
  seeds: boolean
  log: (line: string) => void
}

/** Brings the database to where the services can start: migrations, roles, and demo data if wanted. Again is harmless. */
export async function prepareDatabase(
  { seeds, ...target }: Preparation,
  step: Terminal['step'],
): Promise<void> {
  await step(
    'migrations',
    async () => {
      // first, because a refusal must come before anything is changed
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
