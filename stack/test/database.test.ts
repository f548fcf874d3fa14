import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { rolePasswords, urlForRole } from '../src/database.ts'

test('the passwords of the roles are made once, kept, and for their owner alone', async (t) => {
  const folder = join(await temporaryFolder(t), 'data')
  const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => rolePasswords(folder, {})))
  for (const other of others) assert.deepEqual(other, first)
  assert.deepEqual(await rolePasswords(folder, {}), first)

  const names = await readdir(folder)
  assert.deepEqual(names, ['role-passwords.json'])
  assert.equal((await stat(join(folder, 'role-passwords.json'))).mode & 0o777, 0o600)
  assert.equal(new Set(Object.values(first ?? {})).size, 3)
})

test('passwords from the environment come first', async (t) => {
  const passwords = await rolePasswords(await temporaryFolder(t), { ORDER_SERVICE_DB_PASSWORD: 'given' })
  assert.equal(passwords.order_service, 'given')
  assert.notEqual(passwords.user_service, 'given')
})

test("a service's URL is the owner's with another user and password", () => {
  const passwords = { user_service: 'u', product_service: 'p', order_service: 'a/b@c' }
  const url = urlForRole(
    'postgres://shop:secret@db.example:5433/shop?sslmode=require',
    'order_service',
    passwords,
  )
  assert.equal(url, 'postgres://order_service:a%2Fb%40c@db.example:5433/shop?sslmode=require')
  assert.throws(
    () => urlForRole('postgres:///shop?host=/run', 'order_service', passwords),
    /must name a host/,
  )
})

async function temporaryFolder(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'stack-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}
