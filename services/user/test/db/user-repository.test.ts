import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Query, Queryable } from '@shop/service/database/database'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import { createUserRepository, type UserRepository } from '../../src/db/user-repository.ts'

let database: TestDatabase
let users: UserRepository
const queries: Query[] = []

before(async () => {
  database = await createTestDatabase('user_service')
  const { db } = database
  users = createUserRepository({
    ...db,
    query: recording(db).query,
    transaction: (work) => db.transaction((tx) => work({ ...tx, query: recording(tx).query })),
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
  const expected = { id, role: 'customer', passwordHash: rest.passwordHash }
  assert.deepEqual({ ...(await users.findCredentials(email.toUpperCase())) }, expected)
  assert.equal(await users.findCredentials(email.slice(1)), undefined)
  assert.equal(await users.findCredentials('%'), undefined)
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
  await users.findCredentials(user.email)
  await users.findUser(id)
  assert.equal(queries.length, 3)
})

test('login looks the email up in the index', async () => {
  const { text = '' } = queries.find(({ name }) => name === 'select-credentials') ?? {}
  const plan = await database.owner.transaction(async (transaction) => {
    await transaction.query({ text: 'SET LOCAL enable_seqscan = off' })
    await transaction.query({ text: `PREPARE login (text) AS ${text}` })
    return transaction.query({ text: `EXPLAIN EXECUTE login ('someone@example.com')` })
  })
  assert.match(JSON.stringify(plan), /users_email_key/)
})
