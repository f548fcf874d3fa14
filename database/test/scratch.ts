import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { acquireTestServer } from '@shop/tests/kit/database'
import pg from 'pg'
import { urlForRole } from '../src/role-url.ts'
import { forEachService, type Role, type Roles } from '../src/services.ts'

export type ScratchDatabase = { name: string; url: string }

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

let made = 0
const unique = (what: string) => `test_${process.pid}_${what}_${++made}`

/**
 * Creates databases and roles for one test file on the tests' server. close(), to be called after the tests,
 * removes them.
 */
export async function openScratch() {
  const server = await acquireTestServer()
  const databases: string[] = []
  const roles: string[] = []
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()

  return {
    admin,
    /** Creates an empty database that belongs to `owner`, by default the superuser. */
    async createDatabase(owner?: Role): Promise<ScratchDatabase> {
      const name = unique('db')
      databases.push(name)
      await admin.query(`CREATE DATABASE ${name} ${owner ? `OWNER ${owner.name}` : ''}`)
      const url = Object.assign(new URL(server.url), { pathname: `/${name}` }).href
      return { name, url: owner ? urlForRole(url, owner) : url }
    },
    /** Creates a login role, with attributes such as CREATEROLE. */
    async createRole(attributes = ''): Promise<Role> {
      const role = { name: unique('owner'), password: 'owner' }
      roles.push(role.name)
      await admin.query(`CREATE ROLE ${role.name} LOGIN ${attributes} PASSWORD '${role.password}'`)
      return role
    },
    /** Returns names and passwords for roles that do not exist yet. */
    newRoles(password = 'first'): Roles {
      const fresh = forEachService(({ name }) => ({ name: unique(name), password }))
      roles.push(...Object.values(fresh).map(({ name }) => name))
      return fresh
    },
    /** Returns a function that reads what the server has logged since. */
    async followLog() {
      const { rows } = await admin.query('SHOW data_directory')
      const file = join(rows[0].data_directory, '../server.log')
      const start = readFileSync(file).length
      return () => readFileSync(file).subarray(start).toString()
    },
    async close() {
      for (const name of databases) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      // last created first: a role depends on the one that created it
      for (const name of roles.toReversed()) await admin.query(`DROP ROLE IF EXISTS ${name}`)
      await admin.end()
      await server.release()
    },
  }
}

export type Scratch = Awaited<ReturnType<typeof openScratch>>

/** Runs one query on a separate connection. */
export async function query<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values?: string[],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

/** Runs the command like the npm scripts. */
export async function runCommand(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [cli, ...args], { env: { PATH: process.env.PATH, ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'close')
  return { code, output }
}
