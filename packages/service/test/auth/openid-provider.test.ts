import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  type Algorithm,
  type OpenIdProviderOptions,
  startOpenIdProvider,
} from '@shop/tests/kit/openid-provider'
import { testAuthConfig } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { v5 as uuidv5 } from 'uuid'
import { authenticate, requireRole } from '../../src/auth/authenticate.ts'
import { callerProfile } from '../../src/auth/caller-profile.ts'
import { createConfiguredVerifier } from '../../src/auth/configured-verifier.ts'
import { discoverKeySet } from '../../src/auth/discovery.ts'
import { createKeySet } from '../../src/auth/key-set.ts'
import { createTokenVerifier, type VerifyToken } from '../../src/auth/token-verifier.ts'
import { createLogger } from '../../src/logger.ts'
import { createTestService } from '../app.ts'

/** What a provider needs that has no UUIDs for subjects. */
const anyUser = { AUTH_USER_IDS: 'any' }

/** Starts a service for whose routes `verifyToken` decides, and returns a function that sends requests with a token. */
function startService(t: TestContext, verifyToken: VerifyToken) {
  const app = createTestService()
  app.register(async (routes) => {
    routes.addHook('onRequest', authenticate(verifyToken))
    routes.get('/me', async (request) => ({ ...request.user, ...callerProfile(request) }))
    routes.post('/me', async (request) => request.user)
    routes.get('/admin', { onRequest: requireRole('admin') }, async (request) => request.user)
  })
  t.after(() => app.close())
  return async (token: string, method: 'GET' | 'POST' = 'GET', url = '/me') => {
    const response = await app.inject({ method, url, headers: { authorization: `Bearer ${token}` } })
    return { status: response.statusCode, body: response.json(), headers: response.headers }
  }
}

/** Starts a provider and a service that is told nothing of it but its issuer and `env`. */
async function startBoth(
  t: TestContext,
  { env = anyUser, ...options }: OpenIdProviderOptions & { env?: Record<string, string> } = {},
) {
  const provider = await startOpenIdProvider(t, options)
  const logLines: string[] = []
  const logger = createLogger({ name: 'test', level: 'warn' }, { write: (line) => logLines.push(line) })
  const config = testAuthConfig({ AUTH_ISSUER: provider.issuer, ...env })
  return { provider, send: startService(t, createConfiguredVerifier(config, logger)), logLines }
}

const idOf = (issuer: string, subject: string) => uuidv5(subject, uuidv5(issuer, uuidv5.URL))

for (const algorithm of ['RS256', 'ES256'] satisfies Algorithm[]) {
  test(`a person who logs in at a provider that signs with ${algorithm} is a user`, async (t) => {
    const { provider, send } = await startBoth(t, { algorithm })
    const { status, body } = await send(await provider.logIn('alice'))
    assert.deepEqual([status, body], [200, { id: idOf(provider.issuer, 'alice'), role: 'customer' }])
  })
}

test('by default, a subject that is no UUID is refused', async (t) => {
  const { provider, send } = await startBoth(t, { env: {} })
  assert.equal((await send(await provider.logIn('alice'))).status, 401)
  const id = '01980000-0000-7000-8000-000000000001'
  assert.deepEqual((await send(await provider.logIn(id))).body, { id, role: 'customer' })
})

test('the configuration and the keys are loaded once for many tokens', async (t) => {
  const { provider, send } = await startBoth(t)
  const tokens = [await provider.logIn('alice'), await provider.logIn('bob'), await provider.machineToken('')]
  const before = provider.requests()
  await Promise.all([...tokens, ...tokens].map((token) => send(token)))
  for (const token of tokens) assert.equal((await send(token)).status, 200)
  assert.equal(provider.requests() - before, 2)
})

test('name and email are read from the token when they are needed', async (t) => {
  const claims: Record<string, unknown> = { email: 'alice@example.com', name: ' Alice Example ' }
  const { provider, send } = await startBoth(t, {
    changeToken: ({ payload }) => Object.assign(payload, claims),
  })
  const profile = async () => {
    const { id: _, role: _role, ...rest } = (await send(await provider.logIn('alice'))).body
    return rest
  }
  for (const verified of [undefined, false, 'false']) {
    claims.email_verified = verified
    assert.deepEqual(await profile(), { name: 'Alice Example' }, 'an email that is not verified is nobody’s')
  }
  claims.email_verified = true
  assert.deepEqual(await profile(), { email: 'alice@example.com', name: 'Alice Example' })
  Object.assign(claims, { email_verified: 'true', name: 'a\u0000b', email: 'alice@example.com' })
  assert.deepEqual(await profile(), { email: 'alice@example.com' })
  Object.assign(claims, { email: ['alice@example.com'], name: '\ud800' })
  assert.deepEqual(await profile(), {})
})

test('an audience among others is accepted, and others alone are not', async (t) => {
  let audience: unknown = ['https://userinfo.test', 'shop']
  const { provider, send } = await startBoth(t, {
    env: { ...anyUser, AUTH_AUDIENCE: 'shop,mobile' },
    changeToken: ({ payload }) => {
      payload.aud = audience
    },
  })
  const status = async () => (await send(await provider.logIn('alice'))).status
  assert.equal(await status(), 200)
  audience = 'mobile'
  assert.equal(await status(), 200)
  audience = ['https://userinfo.test', 'shop,mobile']
  assert.equal(await status(), 401)
})

test('a new key is accepted, and the tokens of a withdrawn one are refused', async (t) => {
  const provider = await startOpenIdProvider(t)
  // a provider would be asked again after ten seconds at the earliest, and at the latest after five minutes
  const keys = createKeySet({ load: discoverKeySet(provider.issuer), cooldownMs: 0, maxAgeMs: 10 })
  const config = testAuthConfig({ AUTH_ISSUER: provider.issuer, ...anyUser })
  const send = startService(t, createTokenVerifier(new Map([[provider.issuer, keys]]), config))

  const first = await provider.logIn('alice')
  assert.equal((await send(first)).status, 200)
  await provider.rotateKeys()
  const second = await provider.logIn('alice')
  assert.equal((await send(second)).status, 200)
  assert.equal((await send(first)).status, 200, 'the old key is still published')
  await provider.rotateKeys({ withdrawOld: true })
  await until(async () => (await send(first)).status === 401)
  assert.equal((await send(second)).status, 401)
  assert.equal((await send(await provider.logIn('alice'))).status, 200)
})

const scopes = {
  AUTH_SCOPE_READ: 'orders:read',
  AUTH_SCOPE_WRITE: 'orders:write',
  AUTH_SCOPE_ADMIN: 'orders:admin',
}

test('a machine may do what the scopes of its token say', async (t) => {
  const { provider, send } = await startBoth(t, {
    env: { ...anyUser, ...scopes, AUTH_ROLE_CLAIM: '/scope', AUTH_ADMIN_ROLES: 'orders:admin' },
  })
  const statuses = async (scope: string) => {
    const token = await provider.machineToken(scope)
    const answers = [await send(token), await send(token, 'POST'), await send(token, 'GET', '/admin')]
    return answers.map(({ status }) => status)
  }
  assert.deepEqual(await statuses('orders:read'), [200, 403, 403])
  assert.deepEqual(await statuses('orders:write'), [403, 200, 403])
  assert.deepEqual(await statuses('orders:read orders:write'), [200, 200, 403])
  assert.deepEqual(await statuses('orders:admin'), [200, 200, 200])
  assert.deepEqual(await statuses(''), [403, 403, 403])
  const { id, role } = (await send(await provider.machineToken('orders:admin'))).body
  assert.deepEqual([id, role], [idOf(provider.issuer, 'shop-app'), 'admin'])
})

test('the answer to a token without a scope names the scope', async (t) => {
  const { provider, send } = await startBoth(t, { env: { ...anyUser, ...scopes } })
  const { status, body, headers } = await send(await provider.machineToken('orders:read'), 'POST')
  assert.deepEqual([status, body.code], [403, 'insufficient_scope'])
  assert.equal(headers['www-authenticate'], 'Bearer error="insufficient_scope", scope="orders:write"')
})

test("an admin's token without the scope for admins is a customer's", async (t) => {
  const { provider, send } = await startBoth(t, {
    env: { ...anyUser, ...scopes },
    changeToken: ({ payload }) => {
      payload.role = 'admin'
    },
  })
  const token = await provider.logIn('alice', 'orders:read orders:write')
  assert.equal((await send(token)).body.role, 'customer')
  const refused = await send(token, 'GET', '/admin')
  assert.deepEqual([refused.status, refused.body.code], [403, 'insufficient_scope'])
  assert.equal((await send(await provider.logIn('alice', 'orders:admin'))).body.role, 'admin')
})

test('scopes are also read from scp, as text or as an array', async (t) => {
  let scp: unknown = ['orders:read']
  const { provider, send } = await startBoth(t, {
    env: { ...anyUser, ...scopes },
    changeToken: ({ payload }) => {
      payload.scp = scp
    },
  })
  for (const [value, status] of [
    [['orders:read'], 200],
    ['openid orders:read', 200],
    [['orders:read orders:write'], 403],
    ['orders:read2', 403],
    [{ 'orders:read': true }, 403],
  ] as const) {
    scp = value
    assert.equal((await send(await provider.machineToken(''))).status, status, JSON.stringify(value))
  }
})

test('the keys of an issuer that calls itself something else are not used', async (t) => {
  const provider = await startOpenIdProvider(t)
  const logLines: string[] = []
  const logger = createLogger({ name: 'test', level: 'warn' }, { write: (line) => logLines.push(line) })
  const config = testAuthConfig({ AUTH_ISSUER: `${provider.issuer}/`, ...anyUser })
  const send = startService(t, createConfiguredVerifier(config, logger))
  const { status, body } = await send(await provider.logIn('alice'))
  assert.deepEqual([status, body.code], [503, 'issuer_unavailable'])
  assert.ok(logLines[0]?.includes('is of the issuer'), logLines[0])
})
