import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { signToken, testAuth, testAuthConfig, testKeySet } from '@shop/tests/kit/tokens'
import { SignJWT } from 'jose'
import { createConfiguredVerifier } from '../../src/auth/configured-verifier.ts'
import { createKeySet } from '../../src/auth/key-set.ts'
import { authSettings } from '../../src/auth/settings.ts'
import { createTokenVerifier, type IssuerKeys } from '../../src/auth/token-verifier.ts'
import { ConfigError, readConfig } from '../../src/config.ts'
import { UnauthorizedError } from '../../src/errors.ts'
import { createLogger } from '../../src/logger.ts'

const id = '01980000-0000-7000-8000-000000000001'
const secret = new TextEncoder().encode('a secret of at least thirty-two bytes')
const logger = createLogger({ name: 'test', level: 'silent' })

const { authMaxTokenAgeSeconds } = testAuthConfig()

const verifierWith = (keys: IssuerKeys, env?: Record<string, string>) =>
  createTokenVerifier(new Map([[testAuth.authIssuer, keys]]), testAuthConfig(env))

function countingVerifier(env?: Record<string, string>) {
  let lookups = 0
  const keys = createKeySet({ load: async () => testKeySet })
  const verifyToken = verifierWith(
    {
      ...keys,
      getKey: (header, token) => {
        lookups++
        return keys.getKey(header, token)
      },
    },
    env,
  )
  return { verifyToken, lookups: () => lookups }
}

const signHS256 = (claims: Record<string, unknown> = {}, alg = 'HS256') =>
  new SignJWT({ sub: id, role: 'admin', iss: testAuth.authIssuer, aud: testAuth.authAudience, ...claims })
    .setProtectedHeader({ alg, typ: 'at+jwt' })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(secret)

test('a token becomes the user it was issued for', async () => {
  const { verifyToken } = countingVerifier()
  const { user } = await verifyToken(await signToken({ id, role: 'admin' }))
  assert.deepEqual(user, { id, role: 'admin' })
})

test('a token without a role belongs to a customer', async () => {
  const { verifyToken } = countingVerifier()
  const token = await signToken({ id }, { claims: { role: undefined } })
  assert.deepEqual((await verifyToken(token)).user, { id, role: 'customer' })
})

test('an id in capitals is the same user', async () => {
  const { verifyToken } = countingVerifier()
  assert.equal((await verifyToken(await signToken({ id: id.toUpperCase() }))).user.id, id)
})

test('a token expires when it says, or before that when it is too old', async () => {
  const { verifyToken } = countingVerifier()
  const now = Math.floor(Date.now() / 1000)
  for (const [exp, expected] of [
    [now + 60, now + 60],
    [now + 10 * authMaxTokenAgeSeconds, now + authMaxTokenAgeSeconds],
  ] as const) {
    const token = await signToken({ id }, { claims: { iat: now, exp } })
    // the second answer is the cached one
    for (let asked = 0; asked < 2; asked++)
      assert.equal((await verifyToken(token)).expiresAt, expected * 1000)
  }
})

test('a token is verified once and then cached', async () => {
  const { verifyToken, lookups } = countingVerifier()
  const token = await signToken({ id })
  for (let i = 0; i < 5; i++) await verifyToken(token)
  assert.equal(lookups(), 1)
})

test('a cached token is dropped when it expires', async () => {
  const { verifyToken } = countingVerifier()
  const now = Math.floor(Date.now() / 1000)
  // within the clock tolerance of a fresh verification, so that only the cache can tell the difference
  const token = await signToken({ id }, { claims: { iat: now - 10, exp: now + 1 } })
  await verifyToken(token)
  await setTimeout(1100)
  const again = verifyToken(token)
  assert.ok(again instanceof Promise, 'it is verified again, not taken from the cache')
  await again
})

test('the cache is bounded: the oldest token goes first', async () => {
  const { verifyToken, lookups } = countingVerifier({ AUTH_CACHE_SIZE: '2' })
  const tokens = [await signToken({ id }), await signToken({ id }), await signToken({ id })] as const
  for (const token of tokens) await verifyToken(token)
  await verifyToken(tokens[2])
  assert.equal(lookups(), 3)
  await verifyToken(tokens[0])
  assert.equal(lookups(), 4)
})

test('a refused token is not cached', async () => {
  const { verifyToken, lookups } = countingVerifier()
  const token = await signToken({ id }, { claims: { aud: 'billing' } })
  for (let i = 0; i < 3; i++) await assert.rejects(async () => verifyToken(token), UnauthorizedError)
  assert.equal(lookups(), 3)
})

test('tokens of a withdrawn key are refused, cached or not', async () => {
  let keys = testKeySet.keys
  const verifyToken = verifierWith(
    createKeySet({ load: async () => ({ keys }), maxAgeMs: 10, cooldownMs: 0 }),
  )
  const token = await signToken({ id })
  await verifyToken(token)
  keys = keys.map((key) => ({ ...key, kid: 'another' }))
  await setTimeout(15)
  await verifyToken(token) // starts a refresh of the set in the background
  await setTimeout(15)
  await assert.rejects(async () => verifyToken(token), UnauthorizedError)
})

test('the maximum age applies whatever the expiry is', async () => {
  const { verifyToken } = countingVerifier({ AUTH_MAX_TOKEN_AGE_SECONDS: '60' })
  const now = Math.floor(Date.now() / 1000)
  const token = await signToken({ id }, { claims: { iat: now - 120, exp: now + 3600 } })
  await assert.rejects(async () => verifyToken(token), UnauthorizedError)
})

for (const claim of ['exp', 'iat', 'sub']) {
  test(`a token without ${claim} is refused`, async () => {
    const { verifyToken } = countingVerifier()
    const token = await signToken({ id }, { claims: { [claim]: undefined } })
    await assert.rejects(async () => verifyToken(token), UnauthorizedError)
  })
}

test('with a shared secret, HS256 tokens verify', async () => {
  const verifyToken = verifierWith(secret)
  assert.deepEqual((await verifyToken(await signHS256())).user, { id, role: 'admin' })
})

test('with a shared secret, no other algorithm does', async () => {
  const verifyToken = verifierWith(secret)
  await assert.rejects(async () => verifyToken(await signHS256({}, 'HS512')), UnauthorizedError)
  await assert.rejects(async () => verifyToken(await signToken({ id })), UnauthorizedError)
})

test('with a key set, a token signed with a public key as if it were a secret is refused', async () => {
  const { verifyToken } = countingVerifier()
  const publicKey = new TextEncoder().encode(JSON.stringify(testKeySet.keys[0]))
  const token = await new SignJWT({ sub: id, iss: testAuth.authIssuer, aud: testAuth.authAudience })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'test-key' })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(publicKey)
  await assert.rejects(async () => verifyToken(token), UnauthorizedError)
})

test('an unsigned token is refused', async () => {
  const [, payload] = (await signToken({ id })).split('.')
  const header = Buffer.from('{"alg":"none","typ":"at+jwt","kid":"test-key"}').toString('base64url')
  const { verifyToken } = countingVerifier()
  for (const token of [`${header}.${payload}.`, `${header}.${payload}`]) {
    await assert.rejects(async () => verifyToken(token), UnauthorizedError)
  }
})

test('keys inside a token or behind its URLs are ignored', async () => {
  const { verifyToken } = countingVerifier()
  const embedded = { kid: 'theirs', jwk: testKeySet.keys[0], jku: 'http://127.0.0.1:1/jwks.json' }
  const token = await signToken({ id }, { header: embedded })
  await assert.rejects(async () => verifyToken(token), UnauthorizedError)
})

const environment = { AUTH_ISSUER: 'https://issuer.test', AUTH_AUDIENCE: 'shop' }

const misconfigured: Record<string, [env: Record<string, string>, problem: RegExp]> = {
  'both a key set and a secret': [
    { AUTH_JWKS_URL: 'http://127.0.0.1/jwks', AUTH_SECRET: 'x'.repeat(32) },
    /AUTH_JWKS_URL, AUTH_SECRET: only one/,
  ],
  'a secret of several issuers': [
    { AUTH_ISSUER: 'https://a.test, https://b.test', AUTH_SECRET: 'x'.repeat(32) },
    /AUTH_ISSUER must be a single issuer/,
  ],
  'no keys of an issuer that is not a URL': [{ AUTH_ISSUER: 'shop' }, /AUTH_ISSUER must be a URL .*"shop"/],
  'no keys of the second issuer': [
    { AUTH_ISSUER: 'a,b', AUTH_JWKS_URL: 'http://127.0.0.1/jwks' },
    /AUTH_ISSUER must be a URL .*"b"/,
  ],
  'an issuer twice': [{ AUTH_ISSUER: 'https://a.test,https://a.test' }, /AUTH_ISSUER must not repeat/],
  'more key sets than issuers': [
    { AUTH_JWKS_URL: 'http://127.0.0.1/1,http://127.0.0.1/2' },
    /AUTH_JWKS_URL must not have more/,
  ],
}
for (const [name, [env, problem]] of Object.entries(misconfigured)) {
  test(`${name} is a problem at the start`, () => {
    const config = readConfig(authSettings, { ...environment, ...env })
    assert.throws(
      () => createConfiguredVerifier(config, logger),
      (error) => error instanceof ConfigError && problem.test(error.message),
    )
  })
}

test('a configured secret verifies tokens signed with it', async () => {
  const config = readConfig(authSettings, { ...environment, AUTH_SECRET: new TextDecoder().decode(secret) })
  const verifyToken = createConfiguredVerifier(config, logger)
  assert.deepEqual((await verifyToken(await signHS256())).user, { id, role: 'admin' })
})
