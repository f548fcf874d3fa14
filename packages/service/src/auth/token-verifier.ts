import { type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { type Config, ConfigError, integer, optional, text, url } from '../config.ts'
import { InvalidTokenError } from '../errors.ts'
import { isUuid } from '../schemas.ts'
import { createKeySet, fetchKeySet, type KeySet } from './key-set.ts'
import { createKeySetMetrics } from './metrics.ts'
import { tokenRefusal } from './token-refusal.ts'

export type Role = 'customer' | 'admin'

/** The user that a verified token was issued for. */
export type User = { id: string; role: Role }

/** What a token says once it is verified; `expiresAt` is in milliseconds since 1970. */
export type VerifiedToken = { user: User; expiresAt: number }

/** Throws InvalidTokenError, or ServiceUnavailableError while the issuer's keys are unavailable. */
export type VerifyToken = (token: string) => VerifiedToken | Promise<VerifiedToken>

export const authSettings = {
  authJwksUrl: optional(
    url('AUTH_JWKS_URL', {
      meaning: "The issuer's public keys (JWKS). Set either this or AUTH_SECRET",
      protocols: ['http:', 'https:'],
    }),
  ),
  authSecret: optional(
    text('AUTH_SECRET', {
      meaning: 'The shared secret of tokens signed with HS256. Set either this or AUTH_JWKS_URL',
      minLength: 32,
      secret: true,
    }),
  ),
  authIssuer: text('AUTH_ISSUER', { meaning: 'The iss that tokens must have' }),
  authAudience: text('AUTH_AUDIENCE', { meaning: 'The aud that tokens must have' }),
  authTokenType: text('AUTH_TOKEN_TYPE', {
    meaning: 'The typ that the header of tokens must have; some identity providers write JWT',
    default: 'at+jwt',
  }),
  authMaxTokenAgeSeconds: integer('AUTH_MAX_TOKEN_AGE_SECONDS', {
    meaning: 'The maximum age of a token, in seconds; older ones are refused, whatever their exp says',
    min: 60,
    max: 604_800,
    default: 86_400,
  }),
  authCacheSize: integer('AUTH_CACHE_SIZE', {
    meaning:
      'Maximum verified tokens to keep in memory; should exceed the number of tokens in use at the same time',
    min: 0,
    max: 1_000_000,
    default: 20_000,
  }),
}

export type AuthConfig = Config<typeof authSettings>

/**
 * Returns the verifier that `config` describes: by key set, whose age it reports to `metrics`, or by shared secret.
 * Throws ConfigError unless exactly one is set.
 */
export function createConfiguredVerifier(
  config: AuthConfig,
  logger: Logger,
  metrics = new Registry(),
): VerifyToken {
  const { authJwksUrl, authSecret } = config
  if ((authJwksUrl === undefined) === (authSecret === undefined)) {
    throw new ConfigError([
      "AUTH_JWKS_URL, AUTH_SECRET: exactly one of them must be set: the URL of the issuer's key set, or a shared secret",
    ])
  }
  if (!authJwksUrl) return createTokenVerifier(new TextEncoder().encode(authSecret), config)
  const { onLoad, onFailure } = createKeySetMetrics(metrics)(config.authIssuer)
  const keys = createKeySet({
    load: fetchKeySet(authJwksUrl),
    onLoad,
    onError(error) {
      onFailure()
      logger.warn({ err: error }, "the issuer's keys could not be loaded")
    },
  })
  return createTokenVerifier(keys, config)
}

export type VerifierConfig = Omit<AuthConfig, 'authJwksUrl' | 'authSecret'>

/** In characters. A longer token is refused before anything is computed from it. */
const maxTokenLength = 8192
const clockToleranceSeconds = 10

/**
 * Returns a verifier that checks tokens with `keys`: a key set (asymmetric algorithms only) or the bytes of a
 * shared secret (HS256 only).
 */
export function createTokenVerifier(keys: KeySet | Uint8Array, config: VerifierConfig): VerifyToken {
  const byKeySet = !(keys instanceof Uint8Array)
  const revision = byKeySet ? keys.revision : () => 0
  const getKey: JWTVerifyGetKey = byKeySet ? keys.getKey : async () => keys
  const options = {
    algorithms: byKeySet ? ['ES256', 'RS256', 'PS256', 'EdDSA'] : ['HS256'],
    issuer: config.authIssuer,
    audience: config.authAudience,
    typ: config.authTokenType,
    // with a maximum age jose also refuses an iat in the future
    maxTokenAge: config.authMaxTokenAgeSeconds,
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['exp', 'iat', 'sub'],
  }
  const cache = createTokenCache(config.authCacheSize)

  async function verify(token: string): Promise<VerifiedToken> {
    // read first: when a key is withdrawn during the verification, the result must not stay in the cache
    const verifiedAt = revision()
    const { payload } = await jwtVerify(token, getKey, options).catch((error) => {
      throw tokenRefusal(error)
    })
    const { sub, role: roleClaim, exp = 0, iat = 0 } = payload
    if (!isUuid(sub)) throw new InvalidTokenError('sub_is_no_uuid')
    // another issuer may use this claim for its own purposes, so no other value may refuse a token
    const role: Role = roleClaim === 'admin' ? 'admin' : 'customer'
    const user = Object.freeze({ id: sub.toLowerCase(), role })
    const expiresAt = Math.min(exp, iat + config.authMaxTokenAgeSeconds) * 1000
    const verified = { user, expiresAt, revision: verifiedAt }
    cache.set(token, verified)
    return verified
  }

  return (token) => {
    if (token.length > maxTokenLength) throw new InvalidTokenError('too_long')
    return cache.get(token, revision()) ?? verify(token)
  }
}

type CachedToken = VerifiedToken & { revision: number }

/**
 * Verifying an ES256 signature takes about 60 µs, a lookup here 2 µs. Bounded: the oldest entry is removed
 * first. Only verified tokens are added, so forged ones cannot fill it.
 */
function createTokenCache(size: number) {
  const entries = new Map<string, CachedToken>()
  return {
    get(token: string, revision: number): VerifiedToken | undefined {
      const entry = entries.get(token)
      if (!entry) return undefined
      if (entry.revision === revision && Date.now() < entry.expiresAt) return entry
      entries.delete(token)
      return undefined
    },
    set(token: string, entry: CachedToken) {
      if (size === 0) return
      const oldest = entries.size >= size ? entries.keys().next().value : undefined
      if (oldest !== undefined) entries.delete(oldest)
      entries.set(token, entry)
    },
  }
}
