import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { migrateUp } from '../src/migrations.ts'
import { urlForRole } from '../src/role-url.ts'
import { scramVerifier } from '../src/scram.ts'
import { services } from '../src/services.ts'
import { fillIn } from '../src/sql-template.ts'
import { openScratch, query, type Scratch } from './scratch.ts'

let scratch: Scratch

before(async () => {
  scratch = await openScratch()
})
after(() => scratch.close())

const run = promisify(execFile)

test('roles.sql and grants.sql also run with psql, as their comments say', async (t) => {
  const isInstalled = await run('psql', ['--version']).then(
    () => true,
    () => false,
  )
  if (!isInstalled) return t.skip('psql is not installed here')
  const { name: database, url } = await scratch.createDatabase()
  await migrateUp({ databaseUrl: url })
  const roles = scratch.newRoles('p%40ss')
  for (const { name, folder } of services) {
    const role = roles[name]
    await scratch.admin.query(`CREATE ROLE ${role.name} LOGIN`)
    const verifier = await scramVerifier(role.password)
    const values = { role: role.name, verifier, database }
    const variables = Object.entries(values).flatMap((pair) => ['-v', pair.join('=')])
    for (const file of [fileURLToPath(new URL('../roles.sql', import.meta.url)), join(folder, 'grants.sql')])
      await run('psql', ['-X', '-v', 'ON_ERROR_STOP=1', ...variables, '-f', file, url])
    await query(urlForRole(url, role), `SELECT FROM ${name === 'relay' ? 'feed' : `${name}s`}`)
  }
})

test('placeholders are quoted, casts are unchanged, and a name without a value is an error', () => {
  const values = { role: 'a"b', text: "it's" }
  assert.equal(
    fillIn(`GRANT :"role" TO x; SELECT :'text', y::"char"`, values),
    `GRANT "a""b" TO x; SELECT 'it''s', y::"char"`,
  )
  assert.throws(() => fillIn(':"other"', values), /:"other" has no value/)
})
