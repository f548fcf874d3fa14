import type { JWTPayload } from 'jose'
import type { AuthConfig, ClaimPath } from './settings.ts'

/** Returns the claim at `path`, or undefined. */
export function readClaim(claims: JWTPayload, path: ClaimPath): unknown {
  let value: unknown = claims
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

/** Whether a claim, a text or an array as `aud` is, has one of `allowed`. */
export function hasOneOf(claim: unknown, allowed: readonly string[]): boolean {
  return [claim].flat().some((value) => typeof value === 'string' && allowed.includes(value))
}

/** Returns whether a verified token's claims make an admin. */
export function createAdminCheck({ authRoleClaim, authAdminRoles }: RoleConfig) {
  // an issuer may use `role` for purposes of its own, so without a setting only the exact text counts
  if (authRoleClaim === undefined)
    return ({ role }: JWTPayload) => typeof role === 'string' && authAdminRoles.includes(role)
  return (claims: JWTPayload) => {
    const roles = authRoleClaim.flatMap((path) => rolesIn(readClaim(claims, path)))
    return authAdminRoles.some((role) => roles.includes(role))
  }
}

type RoleConfig = Pick<AuthConfig, 'authRoleClaim' | 'authAdminRoles'>

function rolesIn(claim: unknown): unknown[] {
  if (typeof claim === 'string') return [claim, ...claim.split(' ')]
  if (Array.isArray(claim)) return claim
  if (typeof claim !== 'object' || claim === null) return []
  // Zitadel's {"admin": {"<organisation>": "<domain>"}}; a role of false or null is not granted
  return Object.entries(claim).flatMap(([role, granted]) => (granted ? [role] : []))
}

/** The scope that a token lacks for each kind of request; the scopes themselves are settings. */
export type MissingScopes = Readonly<{ read?: string; write?: string; admin?: string }>

const nothingMissing: MissingScopes = Object.freeze({})

/** Returns a function that compares a verified token's scopes with those that are required. */
export function createScopeCheck(config: ScopeConfig): (claims: JWTPayload) => MissingScopes {
  const { authScopeRead: read, authScopeWrite: write, authScopeAdmin: admin } = config
  if (read === undefined && write === undefined && admin === undefined) return () => nothingMissing
  return (claims) => {
    const scopes = new Set([claims.scope, claims.scp].flatMap(scopesIn))
    if (admin !== undefined && scopes.has(admin)) return nothingMissing
    return Object.freeze({
      ...(read !== undefined && !scopes.has(read) && { read }),
      ...(write !== undefined && !scopes.has(write) && { write }),
      ...(admin !== undefined && { admin }),
    })
  }
}

type ScopeConfig = Pick<AuthConfig, 'authScopeRead' | 'authScopeWrite' | 'authScopeAdmin'>

/** `scope` is text with spaces (RFC 9068), `scp` that or an array; some providers write `scope` as an array. */
function scopesIn(claim: unknown): unknown[] {
  if (typeof claim === 'string') return claim.split(' ')
  return Array.isArray(claim) ? claim : []
}
