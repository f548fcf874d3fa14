import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signToken, testAuth, testAuthConfig, testKeySet } from '@shop/tests/kit/tokens'
import { createKeySet } from '../../src/auth/key-set.ts'
import { authSettings } from '../../src/auth/settings.ts'
import { createTokenVerifier } from '../../src/auth/token-verifier.ts'
import { ConfigError, readConfig } from '../../src/config.ts'

const id = '01980000-0000-7000-8000-000000000001'

function createVerifier(env: Record<string, string>) {
  const keys = createKeySet({ load: async () => testKeySet })
  const verify = createTokenVerifier(new Map([[testAuth.authIssuer, keys]]), testAuthConfig(env))
  return async (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
    (await verify(await signToken({ id }, { claims, header }))).user
}

/** Whether a claim makes an admin of those who have the role `boss` or `shop admin`. */
const admins: [claim: unknown, isAdmin: boolean][] = [
  ['boss', true],
  ['staff boss', true],
  ['shop admin', true],
  [['staff', 'boss'], true],
  [['shop admin'], true],
  [{ boss: { '344373908297744388': 'example.test' } }, true],
  [{ boss: true }, true],
  ['Boss', false],
  ['bosses', false],
  ['boss,staff', false],
  [['staff boss'], false],
  [[['boss']], false],
  [{ boss: false }, false],
  [{ boss: null }, false],
  [{ staff: 'boss' }, false],
  [['toString'], false],
  [{}, false],
  [[], false],
  [null, false],
  [1, false],
  [true, false],
  [undefined, false],
]
for (const [claim, isAdmin] of admins) {
  test(`roles that are ${JSON.stringify(claim)} make ${isAdmin ? 'an admin' : 'a customer'}`, async () => {
    const userOf = createVerifier({ AUTH_ROLE_CLAIM: '/app/roles', AUTH_ADMIN_ROLES: 'boss, shop admin' })
    const role = isAdmin ? 'admin' : 'customer'
    assert.deepEqual(await userOf({ app: { roles: claim }, role: 'boss' }), { id, role })
  })
}

test('of several claims with roles, one is enough', async () => {
  const userOf = createVerifier({ AUTH_ROLE_CLAIM: '/role,/roles' })
  assert.equal((await userOf({ role: 'customer', roles: ['admin'] })).role, 'admin')
  assert.equal((await userOf({ role: 'admin' })).role, 'admin')
  assert.equal((await userOf({ role: 'customer' })).role, 'customer')
})

test('a claim is found by its JSON pointer', async () => {
  const name = 'https://example.test/roles~x'
  const pointer = '/https:~1~1example.test~1roles~0x/0'
  const userOf = createVerifier({ AUTH_ROLE_CLAIM: pointer })
  assert.equal((await userOf({ [name]: ['admin'] })).role, 'admin')
  assert.equal((await userOf({ [name]: 'admin' })).role, 'customer')
  assert.equal((await userOf({ [name]: ['customer', 'admin'] })).role, 'customer')
})

test('the user can be another claim than sub', async () => {
  const userOf = createVerifier({ AUTH_USER_ID_CLAIM: '/oid' })
  const oid = '01980000-0000-7000-8000-000000000002'
  assert.equal((await userOf({ oid, sub: 'pairwise' })).id, oid)
  await assert.rejects(userOf({}), /does not verify/)
})

test('a type is compared as a media type, and none stands for no type', async () => {
  const userOf = createVerifier({ AUTH_TOKEN_TYPE: 'at+jwt, none' })
  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', undefined])
    assert.equal((await userOf({}, { typ })).id, id)
  for (const typ of ['JWT', 'text/at+jwt', '', {}, null]) await assert.rejects(userOf({}, { typ }))
})

test('other algorithms of public keys can be allowed, those of secrets cannot', async () => {
  await assert.rejects(createVerifier({ AUTH_ALGORITHMS: 'RS256' })({}))
  assert.equal((await createVerifier({ AUTH_ALGORITHMS: 'RS256, ES256' })({})).id, id)
})

test('clocks may differ by the tolerance', async () => {
  const now = Math.floor(Date.now() / 1000)
  const expired = { iat: now - 100, exp: now - 20 }
  await assert.rejects(createVerifier({})(expired))
  assert.equal((await createVerifier({ AUTH_CLOCK_TOLERANCE_SECONDS: '30' })(expired)).id, id)
})

for (const [env, value] of [
  ['AUTH_ALGORITHMS', 'HS256'],
  ['AUTH_ALGORITHMS', 'ES256,none'],
  ['AUTH_ISSUER', 'https://a.test,,https://b.test'],
  ['AUTH_ISSUER', ','],
  ['AUTH_ROLE_CLAIM', 'roles'],
  ['AUTH_ROLE_CLAIM', '/roles,realm'],
  ['AUTH_USER_ID_CLAIM', '/'],
  ['AUTH_AUDIENCE_CLAIM', '/a~2b'],
  ['AUTH_USER_IDS', 'all'],
  ['AUTH_SCOPE_READ', 'orders:read orders:write'],
  ['AUTH_SCOPE_ADMIN', 'orders"'],
  ['AUTH_JWKS_URL', 'https://a.test/jwks,file:///etc/keys'],
  ['AUTH_CLOCK_TOLERANCE_SECONDS', '31'],
] as const) {
  test(`${env}=${value} is a problem at the start, which names the variable`, () => {
    const environment = { AUTH_ISSUER: 'https://a.test', AUTH_AUDIENCE: 'shop', [env]: value }
    assert.throws(
      () => readConfig(authSettings, environment),
      (error) => error instanceof ConfigError && error.message.includes(`${env} must be `),
    )
  })
}
