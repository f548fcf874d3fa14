import pg from 'pg'
import { findRoles } from './marks.ts'

type Context = { database: string; installation: string; log: (line: string) => void }

/** Takes what roles of other installations may do here: they share the server, but not this database. */
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

/** Reports roles that this installation had before its settings named others; replicas may still use them. */
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

/** Reports other databases of the server that let the roles in: that is for those databases to change. */
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
      `the services' roles may also connect to ${rows[0].databases}: there, REVOKE CONNECT ON DATABASE … FROM PUBLIC ` +
        'and from the roles would keep them out',
    )
}
