import { type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Logger } from 'pino'
import { type Config, ConfigError, integer, optional, text, url } from '../config.ts'
import { InvalidTokenError } from '../errors.ts'
import { isUuid } from '../schemas.ts'
import { createKeySet, fetchKeySet, type KeySet } from './key-set.ts'
import { tokenRefusal } from './token-refusal.ts'

export type Role = 'customer' | 'admin'

/** Who a verified token speaks for. */
export type User = { id: string; role: Role }

/** Throws InvalidTokenError for a token that does not verify, ServiceUnavailableError while the issuer's keys cannot be had. */
export type VerifyToken = (token: string) => User | Promise<User>

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
  authIssuer: text('AUTH_ISSUER', { meaning: 'The iss that tokens must carry' }),
  authAudience: text('AUTH_AUDIENCE', { meaning: 'The aud that tokens must carry' }),
  authTokenType: text('AUTH_TOKEN_TYPE', {
    meaning: 'The typ in the header of tokens; some identity providers write JWT',
    default: 'at+jwt',
  }),
  authMaxTokenAgeSeconds: integer('AUTH_MAX_TOKEN_AGE_SECONDS', {
    meaning: 'Tokens issued longer ago are refused, whatever their exp, in seconds',
    min: 60,
    max: 604_800,
    default: 86_400,
  }),
  authCacheSize: integer('AUTH_CACHE_SIZE', {
    meaning: 'Verified tokens to remember; should exceed the number of tokens in use at a time',
    min: 0,
    max: 1_000_000,
    default: 20_000,
  }),
}

export type AuthConfig = Config<typeof authSettings>

/** The verifier that the configuration describes: by key set or by shared secret. Throws ConfigError unless it is exactly one of them. */
export function createConfiguredVerifier(config: AuthConfig, logger: Logger): VerifyToken {
  const { authJwksUrl, authSecret } = config
  if ((authJwksUrl === undefined) === (authSecret === undefined)) {
    throw new ConfigError([
      'AUTH_JWKS_URL, AUTH_SECRET: exactly one of them must be set, to the key set of the issuer or to a shared secret',
    ])
  }
  const keys = authJwksUrl
    ? createKeySet({
        load: fetchKeySet(authJwksUrl),
        onError: (error) => logger.warn({ err: error }, "the issuer's keys could not be loaded"),
      })
    : new TextEncoder().encode(authSecret)
  return createTokenVerifier(keys, config)
}

export type VerifierConfig = Omit<AuthConfig, 'authJwksUrl' | 'authSecret'>

/** No token that we accept is longer; a longer one is refused before anything is computed from it. */
const maxTokenLength = 8192
const clockToleranceSeconds = 10

/** Verifies access tokens against `keys`: a key set (asymmetric algorithms alone) or the bytes of a shared secret (HS256 alone). */
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

  async function verify(token: string): Promise<User> {
    // as of before: a key that is withdrawn meanwhile takes with it what it verified
    const verifiedAt = revision()
    const { payload } = await jwtVerify(token, getKey, options).catch((error) => {
      throw tokenRefusal(error)
    })
    const { sub, role: roleClaim, exp = 0, iat = 0 } = payload
    if (!isUuid(sub)) throw new InvalidTokenError('sub_is_no_uuid')
    // another issuer may use the claim for something else: only this one word makes an admin, and nothing keeps customers out
    const role: Role = roleClaim === 'admin' ? 'admin' : 'customer'
    const user = Object.freeze({ id: sub.toLowerCase(), role })
    cache.set(token, {
      user,
      until: Math.min(exp, iat + config.authMaxTokenAgeSeconds) * 1000,
      revision: verifiedAt,
    })
    return user
  }

  return (token) => {
    if (token.length > maxTokenLength) throw new InvalidTokenError('too_long')
    return cache.get(token, revision()) ?? verify(token)
  }
}

type CachedToken = { user: User; until: number; revision: number }

/**
 * Verifying an ES256 signature costs some 60 µs, remembering that it was done 2 µs. Bounded: the oldest entry goes first.
 * Only tokens that verified get in, so nobody can fill it with inventions.
 */
function createTokenCache(size: number) {
  const entries = new Map<string, CachedToken>()
  return {
    get(token: string, revision: number): User | undefined {
      const entry = entries.get(token)
      if (!entry) return undefined
      if (entry.revision === revision && Date.now() < entry.until) return entry.user
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
