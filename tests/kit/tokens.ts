import { createKeySet } from '@shop/service/auth/key-set'
import { authSettings } from '@shop/service/auth/settings'
import { createTokenVerifier, type Role } from '@shop/service/auth/token-verifier'
import { readConfig } from '@shop/service/config'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export const testAuth = { authIssuer: 'https://issuer.test', authAudience: 'shop' }

/** Returns the configuration of a verifier of tokens of `testAuth`; `env` overrides variables. */
export const testAuthConfig = (env: Record<string, string> = {}) =>
  readConfig(authSettings, {
    AUTH_ISSUER: testAuth.authIssuer,
    AUTH_AUDIENCE: testAuth.authAudience,
    AUTH_CACHE_SIZE: '100',
    ...env,
  })

const { privateKey, publicKey } = await generateKeyPair('ES256')
export const testKeySet = {
  keys: [{ ...(await exportJWK(publicKey)), kid: 'test-key', alg: 'ES256', use: 'sig' }],
}

/** A verifier of real tokens, signed with a key of this process. */
export const verifyToken = createTokenVerifier(
  new Map([[testAuth.authIssuer, createKeySet({ load: async () => testKeySet })]]),
  testAuthConfig(),
)

/**
 * Returns an access token like those of the User service; `claims` and `header` override members, undefined
 * removes them.
 */
export function signToken(
  user: { id: string; role?: Role },
  { claims, header }: { claims?: Record<string, unknown>; header?: Record<string, unknown> } = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({
    sub: user.id,
    role: user.role ?? 'customer',
    iss: testAuth.authIssuer,
    aud: testAuth.authAudience,
    iat: now,
    exp: now + 3600,
    jti: crypto.randomUUID(),
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'test-key', ...header })
    .sign(privateKey)
}

/** Returns the request headers of a logged-in user. */
export async function asUser(id: string, role: Role = 'customer'): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await signToken({ id, role })}` }
}
