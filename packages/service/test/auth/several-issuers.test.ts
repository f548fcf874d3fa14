import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testAuthConfig } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { v4 as uuidv4, v5 as uuidv5 } from 'uuid'
import { createKeySet } from '../../src/auth/key-set.ts'
import { createTokenVerifier } from '../../src/auth/token-verifier.ts'
import { InvalidTokenError, ServiceUnavailableError } from '../../src/errors.ts'

const home = 'https://home.test'
const other = 'https://other.test'

/** An issuer whose keys have the same kid as everybody else's. */
async function createIssuer(issuer: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const key = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' }
  const state = { loads: 0, down: false, keys: [key] }
  const keys = createKeySet({
    load: async () => {
      state.loads++
      if (state.down) throw new Error('down')
      return { keys: state.keys }
    },
    cooldownMs: 0,
    firstCooldownMs: 0,
    maxAgeMs: 0,
  })
  const sign = (subject: string, { iss = issuer }: { iss?: string } = {}) =>
    new SignJWT({ sub: subject, iss, aud: 'shop' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'key-1' })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey)
  return { issuer, keys, sign, state }
}

async function createBoth(env: Record<string, string> = { AUTH_USER_IDS: 'any' }) {
  const issuers = [await createIssuer(home), await createIssuer(other)] as const
  const verify = createTokenVerifier(
    new Map(issuers.map(({ issuer, keys }) => [issuer, keys])),
    testAuthConfig({ AUTH_ISSUER: `${home}, ${other}`, ...env }),
  )
  const idOf = async (token: Promise<string>) => (await verify(await token)).user.id
  return { issuers, verify, idOf }
}

const derived = (issuer: string, subject: string) => uuidv5(subject, uuidv5(issuer, uuidv5.URL))

const refusedAs = (reason: string) => (error: unknown) => {
  assert.ok(error instanceof InvalidTokenError)
  assert.equal(error.reason, reason)
  return true
}

test('each issuer is verified with its own keys', async () => {
  const { issuers, idOf } = await createBoth()
  const [first, second] = issuers
  assert.equal(await idOf(first.sign('alice')), derived(home, 'alice'))
  assert.equal(await idOf(second.sign('alice')), derived(other, 'alice'))
  await assert.rejects(idOf(first.sign('alice', { iss: other })), refusedAs('bad_signature'))
  await assert.rejects(idOf(second.sign('alice', { iss: home })), refusedAs('bad_signature'))
})

test('an issuer that is not configured is refused without asking for keys', async () => {
  const { issuers, idOf } = await createBoth()
  const [first, second] = issuers
  for (const iss of ['https://elsewhere.test', `${home}/`, '__proto__', ''])
    await assert.rejects(idOf(first.sign('alice', { iss })), refusedAs('wrong_issuer'))
  assert.deepEqual([first.state.loads, second.state.loads], [0, 0])
})

test('a UUID is the id of a user of the first issuer only', async () => {
  const { issuers, idOf } = await createBoth()
  const [first, second] = issuers
  const id = uuidv4()
  assert.equal(await idOf(first.sign(id)), id)
  assert.equal(await idOf(first.sign(id.toUpperCase())), id)
  assert.equal(await idOf(second.sign(id)), derived(other, id))
})

test('no subject of the first issuer is the id of a user of the second', async () => {
  const { issuers, idOf } = await createBoth()
  const [first, second] = issuers
  const victim = await idOf(second.sign('alice'))
  for (const guess of [victim, victim.toUpperCase()])
    assert.equal(await idOf(first.sign(guess)), derived(home, guess))
  // a single issuer cannot do that to itself either
  const single = createTokenVerifier(
    new Map([[home, first.keys]]),
    testAuthConfig({ AUTH_ISSUER: home, AUTH_USER_IDS: 'any' }),
  )
  const own = derived(home, 'alice')
  assert.notEqual((await single(await first.sign(own))).user.id, own)
})

test('where subjects must be UUIDs, those of the second issuer still become others', async () => {
  const { issuers, idOf } = await createBoth({})
  const [first, second] = issuers
  const id = uuidv4()
  assert.equal(await idOf(first.sign(id)), id)
  assert.equal(await idOf(second.sign(id)), derived(other, id))
  for (const issuer of issuers) await assert.rejects(idOf(issuer.sign('alice')), refusedAs('sub_is_no_uuid'))
})

test('subjects that no provider has are refused', async () => {
  const { issuers, idOf } = await createBoth()
  for (const subject of ['', ' ', 'x'.repeat(256)])
    await assert.rejects(idOf(issuers[1].sign(subject)), refusedAs('invalid_claim'))
  for (const subject of ['x'.repeat(255), "1' OR '1'='1", 'a\u0000b', '語'])
    assert.equal(await idOf(issuers[1].sign(subject)), derived(other, subject))
})

test('an issuer that is down fails alone', async () => {
  const { issuers, idOf } = await createBoth()
  const [first, second] = issuers
  second.state.down = true
  await assert.rejects(idOf(second.sign('alice')), ServiceUnavailableError)
  assert.equal(await idOf(first.sign('alice')), derived(home, 'alice'))
})

test('withdrawing a key of one issuer drops only its tokens from the cache', async () => {
  const { issuers, verify } = await createBoth()
  const [first, second] = issuers
  const tokens = [await first.sign('alice'), await second.sign('alice')] as const
  for (const token of tokens) await verify(token)
  for (const token of tokens) assert.ok(!(verify(token) instanceof Promise), 'it is cached')
  second.state.keys = second.state.keys.map((key) => ({ ...key, kid: 'key-2' }))
  second.keys.revision()
  await until(async () => {
    const answer = await Promise.allSettled([verify(tokens[1])])
    return answer[0].status === 'rejected'
  })
  await assert.rejects(async () => verify(tokens[1]), refusedAs('unknown_key'))
  assert.ok(!(verify(tokens[0]) instanceof Promise))
})
