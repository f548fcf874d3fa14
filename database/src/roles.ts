import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { type Connection, inTransaction, withMigrationLock } from './connection.ts'
import { grant } from './grants.ts'
import { findRoles, formatMark, installationOf, type Mark, type ServerRole } from './marks.ts'
import { reportFormerRoles, reportOtherDatabases, shutOutOtherInstallations } from './other-roles.ts'
import { scramVerifier } from './scram.ts'
import { services as allServices, type Role, type Roles, type Service } from './services.ts'
import { fillIn } from './sql-template.ts'

const rolesFile = join(import.meta.dirname, '../roles.sql')

export type RolesTarget = Connection & {
  roles: Roles
  /** All services by default. */
  services?: readonly Service[]
  /** The name of the database by default. Databases that share their roles need the same name here. */
  installation?: string
}

/** Throws if a role that applyRoles would change is not this installation's. Changes nothing. */
export function checkRoles(target: RolesTarget): Promise<void> {
  return withMigrationLock(target, async (client) => {
    await rolesToChange(client, target)
  })
}

/**
 * Creates the services' login roles, sets their passwords and grants their rights, in one transaction. Can be
 * repeated. Throws before anything is changed if a role is not this installation's.
 */
export function applyRoles(target: RolesTarget): Promise<void> {
  return withMigrationLock(target, async (client) => {
    const { database, owner, isSuperuser } = await whereWeAre(client)
    const installation = await installationOf(client, target.installation)
    const context = { database, installation, log: target.log ?? (() => {}) }
    await inTransaction(client, async () => {
      for (const { service, role, existing, mark } of await rolesToChange(client, target)) {
        await putRole(client, role, { existing, mark, database, owner, isSuperuser })
        await grant(client, service, role.name)
      }
      await shutOutOtherInstallations(client, context)
    })
    const names = Object.values(target.roles).map(({ name }) => name)
    await reportFormerRoles(client, names, context)
    await reportOtherDatabases(client, names, context)
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

/** Throws for a role that this installation neither created nor may adopt. */
function refuseForeignRole(
  role: ServerRole | undefined,
  { service, mark, database }: { service: Service; mark: Mark; database: string },
) {
  if (!role) return
  const otherName = `Nothing was changed. Choose another name: ${service.name.toUpperCase()}_SERVICE_DB_ROLE`
  if (role.isOwner || role.isPowerful)
    throw new Error(
      `The role ${role.name} has more rights than a service may have: ${role.isOwner ? 'this command runs as that role' : 'it is an administrator'}. ${otherName}.`,
    )
  if (role.mark && formatMark(role.mark) !== formatMark(mark))
    throw new Error(
      `The role ${role.name} belongs to the ${role.mark.service} service of the installation ` +
        `${JSON.stringify(role.mark.installation)}. This is the ${service.name} service of ` +
        `${JSON.stringify(mark.installation)}, and would reset the role's password. ${otherName}. ` +
        `If the database was renamed: COMMENT ON ROLE ${pg.escapeIdentifier(role.name)} IS ${pg.escapeLiteral(renamed(role, mark))}.`,
    )
  if (!role.mark && !role.hasConnect)
    throw new Error(
      `The role ${role.name} exists on this server, but nothing shows that it was created for the database ${database}. ${otherName}. ` +
        `If it is meant for this database: GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(database)} TO ${pg.escapeIdentifier(role.name)}.`,
    )
}

/** Returns the role's comment with the mark replaced. */
function renamed({ comment, mark }: ServerRole, to: Mark): string {
  return mark ? (comment ?? '').replace(formatMark(mark), () => formatMark(to)) : formatMark(to)
}

async function putRole(
  client: pg.Client,
  role: Role,
  context: {
    existing: ServerRole | undefined
    mark: Mark
    database: string
    owner: string
    isSuperuser: boolean
  },
) {
  const { existing, mark, database, owner, isSuperuser } = context
  const name = pg.escapeIdentifier(role.name)
  // the server may log statements, so it never receives the password itself
  const verifier = await scramVerifier(role.password)
  try {
    if (!existing) await client.query(`CREATE ROLE ${name} LOGIN`)
    await client.query(fillIn(readFileSync(rolesFile, 'utf8'), { role: role.name, verifier, database }))
    // parameters hold password hashes and private keys; only a superuser may keep them out of the server's log
    if (isSuperuser) await client.query(`ALTER ROLE ${name} SET log_parameter_max_length = 0`)
    if (!existing?.mark) {
      const comment = [existing?.comment, formatMark(mark)].filter(Boolean).join('\n')
      await client.query(`COMMENT ON ROLE ${name} IS ${pg.escapeLiteral(comment)}`)
    }
  } catch (cause) {
    throw explainRefusal(cause, { role: role.name, owner, isNew: !existing })
  }
}

/** Adds the remedy to PostgreSQL's refusal, which differs between versions and names none. */
function explainRefusal(
  cause: unknown,
  { role, owner, isNew }: { role: string; owner: string; isNew: boolean },
) {
  if (!(cause instanceof pg.DatabaseError)) return cause
  const message = `The role ${role} cannot be ${isNew ? 'created' : 'changed'} by ${owner}: ${cause.message}.`
  // insufficient_privilege
  if (cause.code !== '42501') return new Error(message, { cause })
  const remedies = [`ALTER ROLE ${pg.escapeIdentifier(owner)} CREATEROLE`]
  if (!isNew)
    remedies.push(`GRANT ${pg.escapeIdentifier(role)} TO ${pg.escapeIdentifier(owner)} WITH ADMIN OPTION`)
  return new Error(
    `${message} No role was changed. As a superuser or as the creator of the role, run: ${remedies.join('; ')}` +
      `${isNew ? '' : ' (the second only from PostgreSQL 16 on)'}.`,
    { cause },
  )
}

async function whereWeAre(
  client: pg.Client,
): Promise<{ database: string; owner: string; isSuperuser: boolean }> {
  const { rows } = await client.query(
    'SELECT current_database() AS database, rolname AS owner, rolsuper AS "isSuperuser" FROM pg_roles WHERE rolname = current_user',
  )
  return rows[0]
}
