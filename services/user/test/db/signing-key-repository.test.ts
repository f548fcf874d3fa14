import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { createConfiguredVerifier } from '@shop/service/auth/configured-verifier'
import { createDatabase } from '@shop/service/database/database'
import { createLogger } from '@shop/service/logger'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { testAuth, testAuthConfig } from '@shop/tests/kit/tokens'
import { createSigningKeyRepository, type SigningKeyRepository } from '../../src/db/signing-key-repository.ts'
import { createOwnKeySet } from '../../src/own-key-set.ts'
import { createTokenSigner } from '../../src/token-signer.ts'

let database: TestDatabase
/** The repository with the service's rights, and with those of an operator who rotates keys. */
let keys: SigningKeyRepository
let ownerKeys: SigningKeyRepository

const logger = createLogger({ name: 'test', level: 'silent' })
const user = { id: '00000000-0000-7000-8000-0000000000a1', role: 'customer' } as const
const inTenMinutes = { delayMinutes: 10, withdraw: [] }
const atOnce = { delayMinutes: 0, withdraw: [] }

before(async () => {
  database = await createTestDatabase('user_service')
  keys = createSigningKeyRepository(database.db)
  ownerKeys = createSigningKeyRepository(database.owner)
})
after(() => database.drop())
beforeEach(() => database.owner.query({ text: 'TRUNCATE signing_keys' }))

/** Shifts all times, as if that many minutes had passed. */
const pass = (minutes: number) =>
  database.owner.query({
    text: 'UPDATE signing_keys SET signs_from = signs_from - make_interval(mins => $1)',
    values: [minutes],
  })

const publishedKids = async () => (await keys.publishedKeys()).map((key) => key.kid)

/** Returns a token signed like by a replica that has just started. */
const sign = () =>
  createTokenSigner({
    loadKey: keys.currentKey,
    issuer: testAuth.authIssuer,
    audience: testAuth.authAudience,
  }).sign(user)

/** Verifies like a replica that has just started. */
const verify = async (token: string) =>
  (
    await createConfiguredVerifier(testAuthConfig(), logger, {
      ownKeys: (report) => createOwnKeySet(keys, report),
    })(token)
  ).user

test('replicas that start simultaneously on a new database agree on one key', async () => {
  const replicas = Array.from({ length: 6 }, () =>
    createDatabase(
      {
        databaseUrl: database.urlOf('user_service'),
        databasePoolSize: 2,
        databaseConnectTimeoutMs: 10_000,
        databaseQueryTimeoutMs: 10_000,
        databasePrepared: true,
      },
      { name: 'test', logger },
    ),
  )
  // connected beforehand, so that they really run simultaneously
  await Promise.all(replicas.map((replica) => replica.query({ text: 'SELECT 1' })))
  const current = await Promise.all(
    replicas.map((replica) => createSigningKeyRepository(replica).currentKey()),
  )
  await Promise.all(replicas.map((replica) => replica.close()))

  assert.deepEqual([...new Set(current.map((key) => key.kid))], await publishedKids())
  assert.equal((await publishedKids()).length, 1)
})

test('the key stays the same from one start to the next', async () => {
  assert.deepEqual(await keys.currentKey(), await keys.currentKey())
})

test('the next key is published immediately, and signs from its start time', async () => {
  const first = await keys.currentKey()
  const { added } = await ownerKeys.rotate(inTenMinutes)
  assert.deepEqual(await publishedKids(), [added, first.kid])
  assert.equal((await keys.currentKey()).kid, first.kid)
  await pass(9)
  assert.equal((await keys.currentKey()).kid, first.kid)
  await pass(1)
  assert.equal((await keys.currentKey()).kid, added)
})

test('tokens of the previous key verify until they expire', async () => {
  await keys.currentKey()
  const before = await sign()
  await ownerKeys.rotate(atOnce)
  assert.deepEqual(await verify(before), user)
  assert.deepEqual(await verify(await sign()), user)
  await pass(64)
  assert.deepEqual(await verify(before), user)
})

test('a key disappears when every token made with it has expired, and the next rotation deletes it', async () => {
  const first = await keys.currentKey()
  const { added } = await ownerKeys.rotate(atOnce)
  const token = await sign()
  await pass(64)
  assert.deepEqual(await publishedKids(), [added, first.kid])
  await pass(2)
  assert.deepEqual(await publishedKids(), [added])
  assert.deepEqual(await verify(token), user)

  const { removed } = await ownerKeys.rotate(inTenMinutes)
  assert.deepEqual(removed, [first.kid])
  const rows = await database.owner.query({ text: 'SELECT FROM signing_keys' })
  assert.equal(rows.length, 2)
})

test('how long a key is published depends on when the next one takes over, not on its age', async () => {
  const first = await keys.currentKey()
  const { added } = await ownerKeys.rotate({ ...inTenMinutes, delayMinutes: 120 })
  await pass(180)
  assert.deepEqual(await publishedKids(), [added, first.kid])
})

test('a withdrawn key is removed immediately and its tokens are refused; the new key signs', async () => {
  const compromised = await keys.currentKey()
  const forged = await sign()
  const { added, removed } = await ownerKeys.rotate({ delayMinutes: 0, withdraw: [compromised.kid] })
  assert.deepEqual(removed, [compromised.kid])
  assert.deepEqual(await publishedKids(), [added])
  await assert.rejects(async () => verify(forged), { code: 'invalid_token' })
  assert.deepEqual(await verify(await sign()), user)
})

test('withdrawing a key that does not exist changes nothing', async () => {
  const first = await keys.currentKey()
  await assert.rejects(
    ownerKeys.rotate({ delayMinutes: 0, withdraw: [first.kid, 'nonsense'] }),
    /no key nonsense; nothing was changed/,
  )
  assert.deepEqual(await publishedKids(), [first.kid])
})

test('rotating on a database without a key does not leave it without one until the new key starts', async () => {
  const { added } = await ownerKeys.rotate(inTenMinutes)
  const first = await keys.currentKey()
  assert.notEqual(first.kid, added)
  assert.deepEqual(await publishedKids(), [added, first.kid])
})

test('a rotation reports the published keys, with their times', async () => {
  const first = await keys.currentKey()
  const { added, published } = await ownerKeys.rotate(inTenMinutes)
  const [next, current] = published as [(typeof published)[0], (typeof published)[0]]
  const minutesFromNow = (time: string | null) => Math.round((Date.parse(String(time)) - Date.now()) / 60_000)

  assert.deepEqual([next.kid, current.kid], [added, first.kid])
  assert.equal(minutesFromNow(next.signsFrom), 10)
  assert.equal(next.publishedUntil, null)
  assert.ok(Math.abs(Date.parse(current.signsFrom) - Date.now()) < 10_000)
  assert.equal(minutesFromNow(current.publishedUntil), 75)
})

test("the service's own role cannot rotate", async () => {
  const first = await keys.currentKey()
  await assert.rejects(keys.rotate(atOnce), { code: '42501' })
  assert.deepEqual(await publishedKids(), [first.kid])
})
