import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RolePasswords } from '@shop/database/migrations'
import { acquireEmbeddedPostgres } from '@shop/embedded-postgres/embedded-postgres'

export type StackDatabase = { url: string; release(): Promise<void> }

const roles = ['user_service', 'product_service', 'order_service'] as const

/** The database that DATABASE_URL names, which is not ours to stop, or else the embedded one. */
export async function openDatabase(options: {
  databaseUrl: string | undefined
  dataDir: string
  log: (line: string) => void
}): Promise<StackDatabase> {
  const { databaseUrl, dataDir, log } = options
  if (databaseUrl) return { url: databaseUrl, release: async () => {} }
  return acquireEmbeddedPostgres({ dataDir, database: 'shop', log })
}

/**
 * The passwords of the services' roles: made once and kept, so that a second stack on the same database does not lock
 * out the first. Those in the environment come first, for a database that others use too.
 */
export async function rolePasswords(dataDir: string, env: NodeJS.ProcessEnv): Promise<RolePasswords> {
  const kept = await readOrMake(join(dataDir, 'role-passwords.json'))
  const passwords = roles.map((role) => [role, env[`${role.toUpperCase()}_DB_PASSWORD`] || kept[role]])
  return Object.fromEntries(passwords)
}

async function readOrMake(path: string): Promise<RolePasswords> {
  const draft = `${path}.${randomUUID()}`
  const fresh = roles.map((role) => [role, randomBytes(24).toString('base64url')])
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(draft, JSON.stringify(Object.fromEntries(fresh)), { mode: 0o600 })
  try {
    // whole and only if there is none yet, whoever else does the same
    await link(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    await rm(draft)
  }
  return JSON.parse(await readFile(path, 'utf8'))
}

/** The same database for another role. Throws for a URL without a host, which has no place for a user. */
export function urlForRole(databaseUrl: string, role: keyof RolePasswords, passwords: RolePasswords): string {
  const url = new URL(databaseUrl)
  url.username = role
  url.password = passwords[role]
  if (url.username !== role)
    throw new Error('DATABASE_URL must name a host, as in postgres://user@localhost/shop')
  return url.href
}
