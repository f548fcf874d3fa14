import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { type Connection, inTransaction, withMigrationLock } from './connection.ts'
import { grant } from './grants.ts'
import { findRoles, formatMark, installationOf, type Mark, type ServerRole } from './marks.ts'
import { scramVerifier } from './scram.ts'
import { services as allServices, type Role, type Roles, type Service } from './services.ts'
import { fillIn } from './sql-template.ts'

const rolesFile = join(import.meta.dirname, '../roles.sql')

export type RolesTarget = Connection & {
  roles: Roles
  /** All unless given. */
  services?: readonly Service[]
  /** The name of the database unless given. Databases that share their roles must share this name. */
  installation?: string
}

/** Throws when a role that applyRoles would change is not this installation's. Changes nothing. */
export function checkRoles(target: RolesTarget): Promise<void> {
  return withMigrationLock(target, async (client) => {
    await rolesToChange(client, target)
  })
}

/**
 * Creates the services' login roles, sets their passwords and grants them what they need, in one transaction; running it
 * again is harmless. Throws, before anything is changed, when a role is not this installation's.
 */
export function applyRoles(target: RolesTarget): Promise<void> {
  return withMigrationLock(target, async (client) => {
    const { database, owner } = await whereWeAre(client)
    const changes = await inTransaction(client, async () => {
      const changes = await rolesToChange(client, target)
      for (const { service, role, existing, mark } of changes) {
        await putRole(client, role, { existing, mark, database, owner })
        await grant(client, service, role.name)
      }
      return changes
    })
    await reportOtherDatabases(
      client,
      changes.map(({ role }) => role.name),
      target.log,
    )
  })
}

type RoleChange = { service: Service; role: Role; existing: ServerRole | undefined; mark: Mark }

async function rolesToChange(client: pg.Client, target: RolesTarget): Promise<RoleChange[]> {
  const { roles, services = allServices } = target
  const { database } = await whereWeAre(client)
  const installation = await installationOf(client, target.installation)
  const found = await findRoles(
    client,
    services.map(({ name }) => roles[name].name),
  )
  return services.map((service) => {
    const role = roles[service.name]
    const existing = found.find(({ name }) => name === role.name)
    const mark = { service: service.name, installation }
    refuseForeignRole(existing, { service, mark, database })
    return { service, role, existing, mark }
  })
}

/** Throws for a role that this installation neither made nor may take for its own. */
function refuseForeignRole(
  role: ServerRole | undefined,
  { service, mark, database }: { service: Service; mark: Mark; database: string },
) {
  if (!role) return
  const otherName = `Nothing was changed. Choose another name: ${service.name.toUpperCase()}_SERVICE_DB_ROLE`
  if (role.isOwner || role.isPowerful)
    throw new Error(
      `The role ${role.name} may do more than a service should (it ${role.isOwner ? 'is the one that runs this' : 'is an administrator'}). ${otherName}.`,
    )
  if (role.mark && formatMark(role.mark) !== formatMark(mark))
    throw new Error(
      `The role ${role.name} belongs to the ${role.mark.service} service of the installation ` +
        `${JSON.stringify(role.mark.installation)}, and this is the ${service.name} service of ` +
        `${JSON.stringify(mark.installation)}: its password would be reset. ${otherName}. ` +
        `If the database was renamed: COMMENT ON ROLE ${pg.escapeIdentifier(role.name)} IS ${pg.escapeLiteral(formatMark(mark))}.`,
    )
  if (!role.mark && !role.hasConnect)
    throw new Error(
      `The role ${role.name} exists on this server, and nothing says that it is for the database ${database}. ${otherName}. ` +
        `If it is this installation's: GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(database)} TO ${pg.escapeIdentifier(role.name)}.`,
    )
}

async function putRole(
  client: pg.Client,
  role: Role,
  context: { existing: ServerRole | undefined; mark: Mark; database: string; owner: string },
) {
  const { existing, mark, database, owner } = context
  const name = pg.escapeIdentifier(role.name)
  // the password itself never leaves this process: a statement may end up in the server's log
  const verifier = await scramVerifier(role.password)
  try {
    if (!existing) await client.query(`CREATE ROLE ${name} LOGIN`)
    await client.query(fillIn(readFileSync(rolesFile, 'utf8'), { role: role.name, verifier, database }))
    if (!existing?.mark) {
      const comment = [existing?.comment, formatMark(mark)].filter(Boolean).join('\n')
      await client.query(`COMMENT ON ROLE ${name} IS ${pg.escapeLiteral(comment)}`)
    }
  } catch (cause) {
    throw explainRefusal(cause, { role: role.name, owner, isNew: !existing })
  }
}

/** INSUFFICIENT_PRIVILEGE has several causes, and PostgreSQL names none of the remedies. */
function explainRefusal(
  cause: unknown,
  { role, owner, isNew }: { role: string; owner: string; isNew: boolean },
) {
  if (!(cause instanceof pg.DatabaseError)) return cause
  const message = `The role ${role} cannot be ${isNew ? 'created' : 'changed'} by ${owner}: ${cause.message}.`
  if (cause.code !== '42501') return new Error(message, { cause })
  const remedies = [`ALTER ROLE ${pg.escapeIdentifier(owner)} CREATEROLE`]
  if (!isNew)
    remedies.push(`GRANT ${pg.escapeIdentifier(role)} TO ${pg.escapeIdentifier(owner)} WITH ADMIN OPTION`)
  return new Error(
    `${message} Nothing was changed. As a superuser, or as the role that created it: ${remedies.join('; ')}` +
      `${isNew ? '' : ' (the second from PostgreSQL 16 on)'}.`,
    { cause },
  )
}

/** What other databases of the server let the roles in is for those databases to say; here it can only be reported. */
async function reportOtherDatabases(client: pg.Client, names: string[], log: Connection['log']) {
  if (!log) return
  const { rows } = await client.query<{ databases: string | null }>(
    `SELECT string_agg(DISTINCT datname, ', ') AS databases FROM pg_database, unnest($1::text[]) AS role
     WHERE datname NOT IN (current_database(), 'postgres') AND NOT datistemplate AND datallowconn
       AND has_database_privilege(role, pg_database.oid, 'CONNECT')`,
    [names],
  )
  if (rows[0]?.databases)
    log(
      `the services' roles may also connect to ${rows[0].databases}: there, REVOKE CONNECT ON DATABASE … FROM PUBLIC ` +
        'and from the roles would keep them out',
    )
}

async function whereWeAre(client: pg.Client): Promise<{ database: string; owner: string }> {
  const { rows } = await client.query('SELECT current_database() AS database, current_user AS owner')
  return rows[0]
}
