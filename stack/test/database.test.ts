import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readRoles } from '../src/database.ts'

test('the passwords of the roles are generated once, kept, and readable only by their owner', async (t) => {
  const folder = join(await temporaryFolder(t), 'data')
  const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => readRoles(folder, {})))
  for (const other of others) assert.deepEqual(other, first)
  assert.deepEqual(await readRoles(folder, {}), first)

  const names = await readdir(folder)
  assert.deepEqual(names, ['role-passwords.json'])
  assert.equal((await stat(join(folder, 'role-passwords.json'))).mode & 0o777, 0o600)
  assert.equal(new Set(Object.values(first ?? {}).map(({ password }) => password)).size, 4)
})

test('passwords from the environment take precedence', async (t) => {
  const roles = await readRoles(await temporaryFolder(t), { ORDER_SERVICE_DB_PASSWORD: 'given' })
  assert.equal(roles.order.password, 'given')
  assert.notEqual(roles.user.password, 'given')
})

test('the names of the roles can be set, and must be different', async (t) => {
  const folder = await temporaryFolder(t)
  const roles = await readRoles(folder, { ORDER_SERVICE_DB_ROLE: 'staging-orders' })
  assert.equal(roles.order.name, 'staging-orders')
  assert.equal(roles.user.name, 'user_service')
  await assert.rejects(
    readRoles(folder, { ORDER_SERVICE_DB_ROLE: 'user_service' }),
    /must name different roles/,
  )
  await assert.rejects(
    readRoles(folder, { ORDER_SERVICE_DB_ROLE: 'pg_orders' }),
    /ORDER_SERVICE_DB_ROLE must be/,
  )
})

async function temporaryFolder(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'stack-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}
