import type pg from 'pg'
import { defaultRoleName, type Service, type ServiceName, services } from './services.ts'

/**
 * Roles belong to the whole server, so each role's comment records which service and installation it was
 * created for. An installation has the name of its database by default.
 */
export type Mark = { service: ServiceName; installation: string }

export function formatMark({ service, installation }: Mark): string {
  return `order-stack: ${service} service, installation ${JSON.stringify(installation)}`
}

/** Returns the mark in a role's comment, if there is one. */
export function parseMark(comment: string | null): Mark | undefined {
  const [, service, installation = ''] =
    /^order-stack: (\w+) service, installation ("(?:[^"\\]|\\.)*")$/m.exec(comment ?? '') ?? []
  const known = services.find(({ name }) => name === service)
  return known && { service: known.name, installation: JSON.parse(installation) }
}

export async function installationOf(client: pg.Client, installation: string | undefined): Promise<string> {
  if (installation !== undefined) return installation
  const { rows } = await client.query('SELECT current_database() AS name')
  return rows[0].name
}

export type ServerRole = {
  name: string
  comment: string | null
  mark: Mark | undefined
  isOwner: boolean
  isPowerful: boolean
  /** Whether CONNECT on this database was granted to the role itself, rather than to PUBLIC. */
  hasConnect: boolean
  /** Whether the role itself was granted any right in this database. */
  hasRights: boolean
}

/** Returns the roles of the server that have one of the names, and all that have a mark. */
export async function findRoles(client: pg.Client, names: readonly string[]): Promise<ServerRole[]> {
  const { rows } = await client.query<Omit<ServerRole, 'mark'>>(rolesQuery, [names])
  return rows.map((role) => ({ ...role, mark: parseMark(role.comment) }))
}

/**
 * Returns the roles of the service in this installation, among them one that was created before roles had
 * marks.
 */
export async function rolesOf(
  client: pg.Client,
  service: Service,
  installation: string,
): Promise<ServerRole[]> {
  const legacyName = defaultRoleName(service)
  const roles = await findRoles(client, [legacyName])
  return roles.filter(({ name, mark, hasConnect }) =>
    mark
      ? mark.service === service.name && mark.installation === installation
      : name === legacyName && hasConnect,
  )
}

const rolesQuery = `
  SELECT rolname AS name, comment, rolname IN (current_user, session_user) AS "isOwner",
    rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS "isPowerful",
    EXISTS (
      SELECT FROM pg_database, aclexplode(datacl) AS granted
      WHERE datname = current_database() AND grantee = roles.oid AND privilege_type = 'CONNECT'
    ) AS "hasConnect",
    EXISTS (
      SELECT FROM pg_shdepend, pg_database
      WHERE datname = current_database() AND refclassid = 'pg_authid'::regclass AND refobjid = roles.oid AND deptype = 'a'
        AND (dbid = pg_database.oid OR classid = 'pg_database'::regclass AND objid = pg_database.oid)
    ) AS "hasRights"
  FROM pg_roles AS roles, shobj_description(roles.oid, 'pg_authid') AS comment
  WHERE rolname = ANY($1) OR comment LIKE '%order-stack: %'
  ORDER BY rolname`
