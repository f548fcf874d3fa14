import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { acquireEmbeddedDatabase } from '@shop/database/embedded'
import { givenPasswords, readRoleNames } from '@shop/database/role-settings'
import { defaultRoleName, forEachService, type Roles, services } from '@shop/database/services'

export type StackDatabase = { url: string; release(): Promise<void> }

/** Opens the database that DATABASE_URL names, which is never stopped, or else the embedded one. */
export async function openDatabase(options: {
  databaseUrl: string | undefined
  dataDir: string
  log: (line: string) => void
}): Promise<StackDatabase> {
  const { databaseUrl, dataDir, log } = options
  if (databaseUrl) return { url: databaseUrl, release: async () => {} }
  return acquireEmbeddedDatabase(dataDir, log)
}

/**
 * Returns the services' roles. Their passwords are generated once and kept in `dataDir`, so that a second
 * stack on the same database does not lock out the first; those in the environment take precedence, for a
 * database that others also use. Throws ConfigError for an invalid role name.
 */
export async function readRoles(dataDir: string, env: NodeJS.ProcessEnv): Promise<Roles> {
  const names = readRoleNames(env)
  const given = givenPasswords(env)
  const kept = await readOrMake(join(dataDir, 'role-passwords.json'))
  return forEachService((service) => ({
    name: names[service.name],
    password: given[service.name] ?? (kept[defaultRoleName(service)] as string),
  }))
}

/** Keyed by each role's default name, whatever its actual name is. */
async function readOrMake(path: string): Promise<Record<string, string>> {
  const draft = `${path}.${randomUUID()}`
  const fresh = services.map((service) => [defaultRoleName(service), randomBytes(24).toString('base64url')])
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(draft, JSON.stringify(Object.fromEntries(fresh)), { mode: 0o600 })
  try {
    // created as a whole, and only if there is none yet, even when other processes do the same
    await link(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(draft)
  }
  return JSON.parse(await readFile(path, 'utf8'))
}
