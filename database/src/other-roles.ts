import pg from 'pg'
import { findRoles } from './marks.ts'

type Context = { database: string; installation: string; log: (line: string) => void }

/** Revokes all rights in this database from roles of other installations, which share the server with it. */
export async function shutOutOtherInstallations(client: pg.Client, context: Context): Promise<void> {
  const database = pg.escapeIdentifier(context.database)
  for (const { name, mark, hasRights } of await findRoles(client, [])) {
    if (!mark || mark.installation === context.installation || !hasRights) continue
    const role = pg.escapeIdentifier(name)
    await client.query(
      `REVOKE ALL ON DATABASE ${database} FROM ${role};
       REVOKE ALL ON SCHEMA public FROM ${role};
       REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${role};`,
    )
    context.log(
      `${name}, of the installation ${mark.installation}, no longer has any rights in ${context.database}`,
    )
  }
}

/** Reports roles of this installation that the settings no longer name; running replicas may still use them. */
export async function reportFormerRoles(
  client: pg.Client,
  names: readonly string[],
  { installation, log }: Context,
): Promise<void> {
  for (const { name, mark } of await findRoles(client, [])) {
    if (mark?.installation !== installation || names.includes(name)) continue
    const role = pg.escapeIdentifier(name)
    log(
      `${name} can still log in for the ${mark.service} service. When nothing uses it: DROP OWNED BY ${role}; DROP ROLE ${role}`,
    )
  }
}

/** Reports other databases of the server that the roles may connect to. Only their owners can change that. */
export async function reportOtherDatabases(
  client: pg.Client,
  names: readonly string[],
  { log }: Context,
): Promise<void> {
  const { rows } = await client.query<{ databases: string | null }>(
    `SELECT string_agg(DISTINCT datname, ', ') AS databases FROM pg_database, pg_roles
     WHERE rolname = ANY($1) AND datname NOT IN (current_database(), 'postgres') AND NOT datistemplate AND datallowconn
       AND has_database_privilege(pg_roles.oid, pg_database.oid, 'CONNECT')`,
    [names],
  )
  if (rows[0]?.databases)
    log(
      `the services' roles may also connect to ${rows[0].databases}. To prevent it, run there: ` +
        'REVOKE CONNECT ON DATABASE … FROM PUBLIC, and from each role that has been granted it',
    )
}
