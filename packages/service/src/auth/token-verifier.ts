import { decodeJwt, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose'
import { InvalidTokenError } from '../errors.ts'
import { createAdminCheck, createScopeCheck, hasOneOf, type MissingScopes, readClaim } from './claims.ts'
import type { KeySet } from './key-set.ts'
import type { AuthConfig } from './settings.ts'
import { tokenRefusal } from './token-refusal.ts'
import { createUserIds } from './user-id.ts'

export type Role = 'customer' | 'admin'

/** The user that a verified token was issued for. */
export type User = { id: string; role: Role }

/** What a token says once it is verified; `expiresAt` is in milliseconds since 1970. */
export type VerifiedToken = { user: User; expiresAt: number; missingScopes: MissingScopes }

/** Throws InvalidTokenError, or ServiceUnavailableError while the issuer's keys are unavailable. */
export type VerifyToken = (token: string) => VerifiedToken | Promise<VerifiedToken>

/** An issuer's key set (asymmetric algorithms only), or the bytes of a secret shared with it (HS256 only). */
export type IssuerKeys = KeySet | Uint8Array

export type VerifierConfig = Omit<AuthConfig, 'authJwksUrl' | 'authSecret'>

/** In characters. A longer token is refused before anything is computed from it. */
const maxTokenLength = 8192

/** Returns a verifier that checks the tokens of each issuer with the keys of that issuer. */
export function createTokenVerifier(
  keysOf: ReadonlyMap<string, IssuerKeys>,
  config: VerifierConfig,
): VerifyToken {
  const issuers = new Map([...keysOf].map(([issuer, keys]) => [issuer, checkOf(issuer, keys, config)]))
  const [only] = issuers.size === 1 ? issuers.values() : []
  const readToken = createTokenReader(config)
  const cache = createTokenCache(config.authCacheSize)

  async function verify(token: string): Promise<VerifiedToken> {
    try {
      // not trusted yet: jose checks that the verified claims name this issuer
      const issuer = only ?? issuers.get(String(decodeJwt(token).iss))
      if (!issuer) throw new InvalidTokenError('wrong_issuer')
      // read first: when a key is withdrawn during the verification, the result must not stay in the cache
      const revision = issuer.revision()
      const { payload, protectedHeader } = await jwtVerify(token, issuer.getKey, issuer.options)
      const verified = readToken(issuer.name, protectedHeader, payload)
      cache.set(token, { ...verified, revision, issuer })
      return verified
    } catch (error) {
      throw tokenRefusal(error)
    }
  }

  return (token) => {
    if (token.length > maxTokenLength) throw new InvalidTokenError('too_long')
    return cache.get(token) ?? verify(token)
  }
}

type Issuer = ReturnType<typeof checkOf>

/** What jose checks of an issuer's tokens. */
function checkOf(name: string, keys: IssuerKeys, config: VerifierConfig) {
  const byKeySet = !(keys instanceof Uint8Array)
  return {
    name,
    revision: byKeySet ? keys.revision : () => 0,
    getKey: byKeySet ? keys.getKey : async () => keys,
    options: {
      algorithms: byKeySet ? config.authAlgorithms : ['HS256'],
      issuer: name,
      // with a maximum age jose also refuses an iat in the future
      maxTokenAge: config.authMaxTokenAgeSeconds,
      clockTolerance: config.authClockToleranceSeconds,
      requiredClaims: ['exp', 'iat'],
    },
  }
}

/** Returns a function that checks what jose does not, and returns what the claims of a verified token mean. */
function createTokenReader(config: VerifierConfig) {
  const types = config.authTokenType.map(normalizeType)
  const userIdOf = createUserIds(config)
  const isAdmin = createAdminCheck(config)
  const missingScopesOf = createScopeCheck(config)

  return (issuer: string, { typ }: JWTHeaderParameters, claims: JWTPayload): VerifiedToken => {
    if (!types.includes(typ === undefined ? 'none' : normalizeType(typ)))
      throw new InvalidTokenError('wrong_type')
    if (!hasOneOf(readClaim(claims, config.authAudienceClaim), config.authAudience))
      throw new InvalidTokenError('wrong_audience')
    const missingScopes = missingScopesOf(claims)
    const role: Role = isAdmin(claims) && missingScopes.admin === undefined ? 'admin' : 'customer'
    const { exp = 0, iat = 0 } = claims
    return {
      user: Object.freeze({ id: userIdOf(issuer, claims), role }),
      expiresAt: Math.min(exp, iat + config.authMaxTokenAgeSeconds) * 1000,
      missingScopes,
    }
  }
}

/** A typ is a media type, of which `application/` may be left out (RFC 7515, section 4.1.9). */
export const normalizeType = (typ: unknown) =>
  String(typ)
    .toLowerCase()
    .replace(/^application\//, '')

type CachedToken = VerifiedToken & { revision: number; issuer: Issuer }

/**
 * Verifying an ES256 signature takes about 60 µs, a lookup here 2 µs. Bounded: the oldest entry is removed
 * first. Only verified tokens are added, so forged ones cannot fill it.
 */
function createTokenCache(size: number) {
  const entries = new Map<string, CachedToken>()
  return {
    get(token: string): VerifiedToken | undefined {
      const entry = entries.get(token)
      if (!entry) return undefined
      if (entry.revision === entry.issuer.revision() && Date.now() < entry.expiresAt) return entry
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
