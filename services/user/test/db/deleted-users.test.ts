import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrateDown, migrateUp } from '@shop/database/migrations'
import { services } from '@shop/database/services'
import { v7 as uuidv7 } from 'uuid'
import { createPasswordHasher } from '../../src/password-hasher.ts'
import { createTestApp, newAccount, password, type TestApp } from '../app.ts'

let context: TestApp

before(async () => {
  context = await createTestApp()
})
after(() => context.close())

test('taking the migrations back turns deleted users, and those without a password, into accounts that nobody can log in to', async () => {
  const { owner, urlOf } = context.database
  const [kept, deleted] = [newAccount(), newAccount()]
  await context.register(kept)
  const { id } = (await context.register(deleted)).json()
  const headers = await context.asUser(id)
  await context.app.inject({ method: 'DELETE', url: '/users/me', body: { password }, headers })

  const newcomer = uuidv7()
  await owner.query({ text: 'SELECT ensure_user($1, NULL, NULL)', values: [newcomer] })
  const target = {
    databaseUrl: urlOf('owner'),
    services: services.filter(({ name }) => name === 'user'),
    log: () => undefined,
  }
  for (const name of [
    'user/0009_validate-users-without-password',
    'user/0008_allow-users-without-password',
    'user/0007_validate-deleted-users',
  ])
    assert.deepEqual(await migrateDown(target), [name])
  await assert.rejects(migrateDown(target), {
    name: 'DataLossError',
    losses: [{ table: 'users', column: 'deleted_at', rows: 1 }],
  })
  assert.deepEqual(await migrateDown({ ...target, force: true }), ['user/0006_allow-deleted-users'])
  const [row] = await owner.query<{ email: string; name: string; hash: string }>({
    text: 'SELECT email, name, password_hash AS hash FROM users WHERE id = $1',
    values: [id],
  })
  assert.deepEqual([row?.email, row?.name], [`deleted-${id}@users.invalid`, 'Deleted user'])
  const passwords = createPasswordHasher({ concurrency: 1, queueLimit: 0 })
  assert.equal(await passwords.verify(password, row?.hash), false)
  await assert.rejects(owner.query({ text: 'UPDATE users SET email = NULL' }), { code: '23502' })
  const others = await owner.query({
    text: 'SELECT email, name, password_hash = $2 AS "hasNoPassword" FROM users WHERE id = $1',
    values: [newcomer, row?.hash],
  })
  assert.deepEqual(others, [{ email: `user-${newcomer}@users.invalid`, name: 'User', hasNoPassword: true }])

  await migrateUp(target)
  assert.equal((await context.login({ email: kept.email, password })).statusCode, 200)
  assert.equal((await context.login({ email: String(row?.email), password })).statusCode, 401)
})

test('the migrations that can be applied while the service runs read no rows under their strong locks', async () => {
  const [row] = await context.database.owner.query({
    text: `SELECT count(DISTINCT xmin::text)::int AS transactions FROM user_migrations
           WHERE name ~ '(deleted-users|without-password)$'`,
  })
  assert.deepEqual(row, { transactions: 4 })
  const checks = await context.database.owner.query({
    text: `SELECT conname AS name FROM pg_constraint
           WHERE conrelid = 'users'::regclass AND conname ~ 'deleted|account' AND convalidated ORDER BY conname`,
  })
  assert.deepEqual(checks, [{ name: 'users_account_check' }, { name: 'users_deleted_at_check' }])
})
