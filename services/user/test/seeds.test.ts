import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { parseOptions } from '@node-rs/argon2'
import { hashParameters } from '../src/password-hasher.ts'
import { createTestApp, newAccount, type TestApp } from './app.ts'

let context: TestApp
const seeds = readFileSync(new URL('../seeds/0001_demo-users.sql', import.meta.url), 'utf8')
const seed = () => context.database.owner.query({ text: seeds })
const rows = () =>
  context.database.owner.query<{ id: string; email: string; hash: string }>({
    text: 'SELECT id, email, password_hash AS hash, name, role FROM users ORDER BY id',
  })

before(async () => {
  context = await createTestApp()
  await seed()
})
after(() => context.close())

const demoUsers = [
  ['alice', '00000000-0000-7000-8000-0000000000a1', 'customer'],
  ['bob', '00000000-0000-7000-8000-0000000000b0', 'customer'],
  ['carol', '00000000-0000-7000-8000-0000000000c0', 'customer'],
  ['admin', '00000000-0000-7000-8000-0000000000ad', 'admin'],
] as const

for (const [name, id, role] of demoUsers) {
  test(`${name}@example.com logs in with demo-password, as ${role}`, async () => {
    const login = await context.login({ email: `${name}@example.com`, password: 'demo-password' })
    const headers = { authorization: `Bearer ${login.json().accessToken}` }
    const me = (await context.app.inject({ url: '/users/me', headers })).json()
    assert.deepEqual([me.id, me.role], [id, role])
  })
}

test('the hashes have the same parameters as those of the service, and different salts', async () => {
  const hashes = (await rows()).map((row) => row.hash)
  for (const hash of hashes) {
    const { memoryCost, timeCost, parallelism } = parseOptions(hash)
    assert.deepEqual({ memoryCost, timeCost, parallelism }, hashParameters)
  }
  assert.equal(new Set(hashes.map((hash) => hash.split('$')[4])).size, demoUsers.length)
})

test('seeding again changes nothing, whatever users have changed meanwhile', async () => {
  const { owner } = context.database
  await owner.query({ text: `UPDATE users SET name = 'Alice B.' WHERE email = 'alice@example.com'` })
  await owner.query({ text: `UPDATE users SET email = 'bob@example.net' WHERE email = 'bob@example.com'` })
  await owner.query({ text: `DELETE FROM users WHERE email = 'carol@example.com'` })
  await context.register({ ...newAccount(), email: 'Carol@Example.com' })
  const before = await rows()
  await seed()
  assert.deepEqual(await rows(), before)
})
