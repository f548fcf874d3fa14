import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { createDatabase, type Query } from '@shop/service/database/database'
import { createLogger } from '@shop/service/logger'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import {
  createSessionRepository,
  maxSessions,
  type SessionRepository,
} from '../../src/db/session-repository.ts'
import { createUserRepository } from '../../src/db/user-repository.ts'
import { pass } from '../sessions.ts'

let database: TestDatabase
let sessions: SessionRepository
let userId: string
const passwordHash = '$argon2id$none'
const limits = { idleDays: 30, maxDays: 90 }
const logger = createLogger({ name: 'test', level: 'silent' })
const queries: Query[] = []

before(async () => {
  database = await createTestDatabase('user_service')
  const { db } = database
  const query: typeof db.query = (each) => {
    queries.push(each)
    return db.query(each)
  }
  sessions = createSessionRepository({ ...db, query }, limits, { logger })
})
after(() => database.drop())
beforeEach(async () => {
  await database.owner.query({ text: 'TRUNCATE sessions' })
  const users = createUserRepository(database.db)
  userId = (await users.createUser({ email: `${uuidv7()}@example.com`, name: 'Zoë', passwordHash })).id
})

async function open() {
  const opened = await sessions.open({ userId, passwordHash })
  assert.ok(opened)
  return opened.token
}

const count = async () => (await database.owner.query({ text: 'SELECT FROM sessions' })).length

test('a session is opened only with the password that the account has now', async () => {
  assert.equal(await sessions.open({ userId, passwordHash: '$argon2id$other' }), undefined)
  assert.equal(await sessions.open({ userId: uuidv7(), passwordHash }), undefined)
  assert.equal(await count(), 0)
})

test('a session that may last no longer than it may be idle ends with its maximum', async () => {
  const short = createSessionRepository(database.db, { idleDays: 30, maxDays: 1 }, { logger })
  assert.equal((await short.open({ userId, passwordHash }))?.maxAgeSeconds, 86_400)
})

test('an exchange is one statement', async () => {
  const token = await open()
  queries.length = 0
  await sessions.refresh(token)
  assert.deepEqual(
    queries.map(({ name }) => name),
    ['exchange-token'],
  )
})

test('of 50 uses of one token on several replicas one exchanges it, and all get the same successor', async () => {
  const token = await open()
  const replicas = Array.from({ length: 5 }, () =>
    createDatabase(database.configOf('user_service'), { name: 'test', logger }),
  )
  // connected beforehand, so that they really run simultaneously
  await Promise.all(replicas.map((replica) => replica.query({ text: 'SELECT 1' })))
  const repositories = replicas.map((replica) => createSessionRepository(replica, limits, { logger }))
  const results = await Promise.all(
    Array.from({ length: 10 }, () => repositories.map((each) => each.refresh(token))).flat(),
  )
  await Promise.all(replicas.map((replica) => replica.close()))

  const secrets = results.map(({ refresh }) => refresh.token.secret.toString('hex'))
  assert.equal(secrets.length, 50)
  assert.equal(new Set(secrets).size, 1)
  const [row] = await database.owner.query({
    text: 'SELECT jsonb_array_length(recent) AS exchanges FROM sessions',
  })
  assert.deepEqual(row, { exchanges: 1 })
})

test('of 50 uses of a reused token on several connections all are refused, and the session is gone', async () => {
  const token = await open()
  await sessions.refresh(token)
  await pass(database.owner, 31)
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => sessions.refresh(token)))
  const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'none'))
  assert.deepEqual([...new Set(codes)], ['invalid_refresh_token'])
  assert.equal(await count(), 0)
})

test('one login beyond the maximum ends the oldest session of this user', async () => {
  const tokens = []
  for (let i = 0; i < maxSessions; i++) {
    tokens.push(await open())
    await pass(database.owner, 1)
  }
  const [oldest, second] = tokens
  assert.ok(oldest && second)
  await sessions.refresh(oldest)
  await open()
  assert.equal(await count(), maxSessions)
  await assert.rejects(sessions.refresh(oldest), { code: 'invalid_refresh_token' })
  await sessions.refresh(second)
})

test('simultaneous logins of one user all succeed', async () => {
  const tokens = await Promise.all(Array.from({ length: maxSessions + 10 }, open))
  await Promise.all(tokens.slice(0, 5).map((token) => sessions.refresh(token).catch(() => undefined)))
  await open()
  assert.equal(await count(), maxSessions)
})

test('expired sessions are deleted in slices, and no others', async () => {
  const tokens = [await open(), await open(), await open()]
  await pass(database.owner, 30 * 86_400)
  const valid = await open()
  assert.equal(await sessions.deleteExpired(2), 2)
  assert.equal(await sessions.deleteExpired(2), 1)
  assert.equal(await sessions.deleteExpired(2), 0)
  for (const token of tokens) await assert.rejects(sessions.refresh(token))
  await sessions.refresh(valid)
})

test('replicas that delete expired sessions simultaneously share the work', async () => {
  for (let i = 0; i < 20; i++) await open()
  await pass(database.owner, 30 * 86_400)
  const deleted = await Promise.all(Array.from({ length: 4 }, () => sessions.deleteExpired(5)))
  const left = await count()
  assert.equal(deleted.reduce((sum, each) => sum + each) + left, 20)
  while ((await sessions.deleteExpired(5)) > 0);
  assert.equal(await count(), 0)
})

test('sessions are found by the indexes, however many there are', async () => {
  await database.owner.query({
    text: `INSERT INTO sessions (id, user_id, token_hash, created_at, expires_at, ends_at)
      SELECT gen_random_uuid(), $1, sha256(''), now(), now() + n * interval '1 minute', now() + interval '90 days'
      FROM generate_series(-10, 20000) AS n`,
    values: [userId],
  })
  await database.owner.query({ text: 'ANALYZE sessions' })
  queries.length = 0
  const token = { sessionId: uuidv7(), secret: Buffer.alloc(32) }
  await sessions.refresh(token).catch(() => undefined)
  await sessions.end(token.sessionId)
  await sessions.endAll(uuidv7())
  await sessions.open({ userId: uuidv7(), passwordHash })
  await sessions.deleteExpired(1000)
  assert.equal(queries.length, 6)
  for (const { name, text, values } of queries) {
    const plan = await database.owner.query({ text: `EXPLAIN ${text}`, values: values ?? [] })
    const lines = plan.map((row) => Object.values(row as object)[0]).join('\n')
    assert.match(lines, /sessions_(?:pkey|expires_at_idx|user_id_created_at_idx)/, `${name} ${lines}`)
    assert.doesNotMatch(lines, /Seq Scan on sessions/, `${name} ${lines}`)
  }
})
