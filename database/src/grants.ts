import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { installationOf, rolesOf } from './marks.ts'
import type { Service } from './services.ts'
import { fillIn } from './sql-template.ts'

/** Gives a role the rights in services/<name>/grants.sql, and revokes all its other rights on tables. */
export async function grant(client: pg.Client, service: Service, role: string): Promise<void> {
  await client.query(fillIn(readFileSync(join(service.folder, 'grants.sql'), 'utf8'), { role }))
}

/** Gives the service's existing roles their rights: a new or recreated table has no grants. */
export async function grantToMarkedRoles(
  client: pg.Client,
  service: Service,
  installation: string | undefined,
): Promise<void> {
  const roles = await rolesOf(client, service, await installationOf(client, installation))
  for (const { name } of roles) await grant(client, service, name)
}
