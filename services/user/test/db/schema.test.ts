import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('user_service')
})
after(() => database.drop())

const insertUser = `INSERT INTO users (email, password_hash, name) VALUES`
const insertKey = `INSERT INTO signing_keys (kid, private_key, public_key, signs_from) VALUES`

const refused: [what: string, text: string, constraint: string][] = [
  [
    'two accounts with one email',
    `${insertUser} ('Eve@example.com', '$argon2id$', 'Eve'), ('eVe@example.com', '$argon2id$', 'Eve')`,
    'users_email_key',
  ],
  [
    'a password that is not hashed',
    `${insertUser} ('eve@example.com', 'secret', 'Eve')`,
    'users_password_hash_check',
  ],
  ['an empty name', `${insertUser} ('eve@example.com', '$argon2id$', '')`, 'users_name_check'],
  [
    'an unknown role',
    `INSERT INTO users (email, password_hash, name, role) VALUES ('eve@example.com', '$argon2id$', 'Eve', 'root')`,
    'users_role_check',
  ],
  [
    'a private part among the public ones',
    `${insertKey} ('k', '{}', '{"d": "x"}', now())`,
    'signing_keys_public_key_check',
  ],
  [
    'two first keys',
    `${insertKey} ('k1', '{}', '{}', '-infinity'), ('k2', '{}', '{}', '-infinity')`,
    'signing_keys_signs_from_key',
  ],
]

for (const [what, text, constraint] of refused) {
  test(`the database refuses ${what}`, async () => {
    await assert.rejects(database.owner.query({ text }), { constraint })
  })
}

test("which emails are the same does not depend on the server's locale", async () => {
  const [column] = await database.owner.query<{ collation: string }>({
    text: `SELECT collation_name AS collation FROM information_schema.columns
      WHERE table_name = 'users' AND column_name = 'email'`,
  })
  assert.equal(column?.collation, 'C')
})

const deleted = 'deleted_at = now(), email = NULL, password_hash = NULL, name = NULL'

for (const [what, change] of Object.entries({
  'an email': deleted.replace('email = NULL', "email = 'eve@example.com'"),
  'a hash': deleted.replace('password_hash = NULL', () => "password_hash = '$argon2id$'"),
  'a name': deleted.replace('name = NULL', "name = 'Eve'"),
  'a time at infinity': deleted.replace('now()', "'infinity'"),
})) {
  test(`the database refuses a deleted user with ${what}`, async () => {
    const { owner } = database
    const [user] = await owner.query<{ id: string }>({
      text: `${insertUser} ('mallory@example.com', '$argon2id$', 'Mallory') RETURNING id`,
    })
    const constraint = change.includes('infinity') ? 'users_deleted_at_check' : 'users_account_check'
    const update = (set: string) =>
      owner.query({ text: `UPDATE users SET ${set} WHERE id = $1`, values: [user?.id] })
    await assert.rejects(update(change), { constraint })
    await update(deleted)
  })
}

for (const column of ['email', 'name']) {
  test(`the database refuses an account with a password and without ${column}`, async () => {
    const { owner } = database
    await owner.query({ text: `${insertUser} ('${column}@example.com', '$argon2id$', 'Eve')` })
    const set = (change: string) =>
      owner.query({ text: `UPDATE users SET ${change} WHERE lower(email) = '${column}@example.com'` })
    await assert.rejects(set(`${column} = NULL`), { constraint: 'users_account_check' })
    await set(`password_hash = NULL, ${column} = NULL`)
  })
}

const forbidden: Record<string, string> = {
  'read orders': 'SELECT * FROM orders',
  'read products': 'SELECT * FROM products',
  'make admins': `UPDATE users SET role = 'admin'`,
  'give a user another id': 'UPDATE users SET id = gen_random_uuid()',
  'give a session to another user': 'UPDATE sessions SET user_id = gen_random_uuid()',
  'let a session last longer': 'UPDATE sessions SET ends_at = now()',
  'empty sessions': 'TRUNCATE sessions',
  'delete users': 'DELETE FROM users',
  'empty users': 'TRUNCATE users CASCADE',
  'change signing keys': 'UPDATE signing_keys SET signs_from = now()',
  'delete signing keys': 'DELETE FROM signing_keys',
  'drop its tables': 'DROP TABLE signing_keys',
  'alter its tables': 'ALTER TABLE users ADD COLUMN x int',
  'make tables': 'CREATE TABLE x (id int)',
  'make temporary tables': 'CREATE TEMP TABLE x (id int)',
  'forge migrations': "INSERT INTO user_migrations (name, run_on) VALUES ('x', now())",
  'become the owner': 'SET ROLE shop',
  'run programs': "COPY users TO PROGRAM 'cat'",
}

for (const [action, text] of Object.entries(forbidden)) {
  test(`the service's role may not ${action}`, async () => {
    // insufficient_privilege
    await assert.rejects(database.db.query({ text }), { code: '42501' })
  })
}

test("the service's role may do what the service does", async () => {
  await database.db.query({ text: `${insertUser} ('eve@example.com', '$argon2id$', 'Eve')` })
  await database.db.query({ text: `${insertKey} ('k', '{}', '{}', now())` })
  await database.db.query({
    text: `INSERT INTO sessions (id, user_id, token_hash, expires_at, ends_at)
      SELECT gen_random_uuid(), id, sha256(''), now(), now() + interval '1 day' FROM users LIMIT 1`,
  })
  await database.db.query({ text: `UPDATE users SET name = 'Eve' WHERE email = 'eve@example.com'` })
  await database.db.query({ text: 'UPDATE sessions SET expires_at = now()' })
  for (const table of ['users', 'signing_keys', 'sessions', 'user_migrations']) {
    const rows = await database.db.query({ text: `SELECT * FROM ${table}` })
    assert.notEqual(rows.length, 0)
  }
  await database.db.query({ text: 'DELETE FROM sessions' })
})
