import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrateDown, migrateUp } from '@shop/database/migrations'
import { services } from '@shop/database/services'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('user_service')
})
after(() => database.drop())

/** Returns by constraint whether PostgreSQL has checked the existing rows. */
const checks = () =>
  database.owner.query({
    text: `SELECT conname AS name, convalidated AS "isValid" FROM pg_constraint
           WHERE conrelid = 'users'::regclass AND conname ~ '(created|updated)_at_check$' ORDER BY conname`,
  })

const both = (isValid: boolean) =>
  ['users_created_at_check', 'users_updated_at_check'].map((name) => ({ name, isValid }))

test('earlier rows with impossible times are kept and reported by the migration, and do not stop it', async () => {
  assert.deepEqual(await checks(), both(true))
  const lines: string[] = []
  const target = {
    databaseUrl: database.urlOf('owner'),
    services: services.filter(({ name }) => name === 'user'),
    log: (line: string) => lines.push(line),
  }
  let undone: string[]
  do undone = await migrateDown(target)
  while (!undone.includes('user/0003_check-user-times'))
  assert.deepEqual(await checks(), [])
  const [user] = await database.owner.query<{ id: string }>({
    text: `INSERT INTO users (email, password_hash, name, created_at) VALUES ('eve@example.com', '$argon2id$', 'Eve', 'infinity') RETURNING id`,
  })
  const id = user?.id

  await migrateUp(target)

  const [row] = await database.owner.query({
    text: `SELECT count(DISTINCT xmin::text)::int AS transactions FROM user_migrations
           WHERE name IN ('0003_check-user-times', '0004_validate-user-times')`,
  })
  assert.deepEqual(row, { transactions: 2 }, 'the rows are not read under the lock of the first')

  assert.deepEqual(await checks(), both(false))
  const rows = await database.owner.query({
    text: 'SELECT id, created_at::text AS time FROM users WHERE NOT isfinite(created_at)',
  })
  assert.deepEqual(rows, [{ id, time: 'infinity' }])
  const validate = /run: (ALTER TABLE users VALIDATE CONSTRAINT .*;)/.exec(lines.join('\n'))?.[1]
  assert.ok(validate, lines.join('\n'))

  await database.owner.query({
    text: 'UPDATE users SET created_at = now(), updated_at = now() WHERE NOT isfinite(created_at)',
  })
  await database.owner.query({ text: validate })
  assert.deepEqual(await checks(), both(true))
})
