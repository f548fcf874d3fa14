import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Database, Query, Queryable } from '@shop/service/database/database'
import { createLogger } from '@shop/service/logger'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import { type CredentialRepository, createCredentialRepository } from '../../src/db/credential-repository.ts'
import { createSessionRepository } from '../../src/db/session-repository.ts'
import { createUserRepository, type UserRepository } from '../../src/db/user-repository.ts'

let database: TestDatabase
let users: UserRepository
let credentials: CredentialRepository
const queries: Query[] = []

before(async () => {
  database = await createTestDatabase('user_service')
  const { db } = database
  const recorded: Database = {
    ...db,
    query: recording(db).query,
    transaction: (work) => db.transaction((tx) => work({ ...tx, query: recording(tx).query })),
  }
  users = createUserRepository(recorded)
  const limits = { idleDays: 30, maxDays: 90 }
  const logger = createLogger({ name: 'test', level: 'silent' })
  credentials = createCredentialRepository(recorded, {
    sessions: createSessionRepository(recorded, limits, { logger }),
  })
})
after(() => database.drop())

const recording = (queryable: Queryable): Pick<Queryable, 'query'> => ({
  query(query) {
    queries.push(query)
    return queryable.query(query)
  },
})

const newUser = () => ({ email: `${uuidv7()}@Example.com`, name: 'Zoë', passwordHash: '$argon2id$none' })

test('a user comes back as stored, with nothing that is not for clients', async () => {
  const { email, name, passwordHash } = newUser()
  const created = await users.createUser({ email, name, passwordHash })
  const { id, createdAt, ...rest } = created
  assert.deepEqual(rest, { email, name, role: 'customer', updatedAt: createdAt })
  assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(await users.findUser(id), created)
})

test('credentials are found by the email in any capitalisation, and only by the whole of it', async () => {
  const { email, ...rest } = newUser()
  const { id } = await users.createUser({ email, ...rest })
  const expected = { id, email, role: 'customer', passwordHash: rest.passwordHash }
  assert.deepEqual({ ...(await credentials.findByEmail(email.toUpperCase())) }, expected)
  assert.deepEqual(await credentials.findById(id), expected)
  assert.equal(await credentials.findByEmail(email.slice(1)), undefined)
  assert.equal(await credentials.findByEmail('%'), undefined)
})

test('an email that is taken is a ConflictError, and the account stays as it was', async () => {
  const user = newUser()
  const { id, name } = await users.createUser(user)
  await assert.rejects(users.createUser({ ...user, email: user.email.toLowerCase(), name: 'Other' }), {
    status: 409,
    code: 'email_taken',
  })
  assert.equal((await users.findUser(id)).name, name)
})

test('an unknown id is a NotFoundError', async () => {
  await assert.rejects(users.findUser(uuidv7()), { status: 404, code: 'user_not_found' })
})

test('each function is one statement', async () => {
  queries.length = 0
  const user = newUser()
  const { id } = await users.createUser(user)
  await credentials.findByEmail(user.email)
  await credentials.findById(id)
  await users.findUser(id)
  await users.findCaller(id)
  await users.renameCaller(id, 'Zoë B.')
  await users.findContacts([id])
  await users.findContactsByEmail(user.email)
  assert.equal(queries.length, 8)
})

/** Returns the plan of the statement with this name, on a table that is too small for an index to pay. */
async function planOf(name: string, parameter: string, value: string): Promise<string> {
  const { text = '' } = queries.find((query) => query.name === name) ?? {}
  assert.ok(text, name)
  const plan = await database.owner.transaction(async (transaction) => {
    await transaction.query({ text: 'SET LOCAL enable_seqscan = off' })
    await transaction.query({ text: `PREPARE statement (${parameter}) AS ${text}` })
    const plan = await transaction.query({ text: `EXPLAIN EXECUTE statement (${value})` })
    await transaction.query({ text: 'DEALLOCATE statement' })
    return plan
  })
  return JSON.stringify(plan)
}

for (const name of ['select-credentials', 'select-contacts-by-email']) {
  test(`${name} looks the email up in the index`, async () => {
    const { email, ...account } = newUser()
    await users.createUser({ email, ...account })
    await Promise.all([credentials.findByEmail(email), users.findContactsByEmail(email)])
    assert.match(await planOf(name, 'text', `'someone@example.com'`), /users_email_key/)
  })
}

test('a hundred ids are looked up in the primary key, without a scan of the table', async () => {
  await users.findContacts([uuidv7()])
  const ids = Array.from({ length: 100 }, () => uuidv7())
  const plan = await planOf('select-contacts', 'uuid[]', `'{${ids}}'`)
  assert.match(plan, /users_pkey/)
  assert.doesNotMatch(plan, /Seq Scan/)
})
