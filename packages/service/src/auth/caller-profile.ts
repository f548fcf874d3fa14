import type { FastifyRequest } from 'fastify'
import { decodeJwt } from 'jose'
import { bearerToken } from './bearer-token.ts'

/** What a token says about its user for people to read; access tokens of many providers say nothing. */
export type CallerProfile = { email?: string; name?: string }

/**
 * Returns the caller's email, if the issuer says that it is verified, and name. For requests that `authenticate`
 * has accepted: the token is not verified again, only read, when a profile is needed, so that no other request pays for it.
 */
export function callerProfile(request: FastifyRequest): CallerProfile {
  const claims = decodeJwt(bearerToken(request))
  // anyone can claim an address at an issuer that does not verify it, and would keep its owner from registering here
  const isVerified = String(claims.email_verified) === 'true'
  const email = isVerified ? storable(claims.email, 254) : undefined
  const name = storable(claims.name, 200)
  return {
    ...(email !== undefined && /^[^\s@]+@[^\s@]+$/.test(email) && { email }),
    ...(name !== undefined && { name }),
  }
}

/** Returns text that PostgreSQL can hold, of at most `maxLength` characters, or undefined. */
function storable(claim: unknown, maxLength: number): string | undefined {
  if (typeof claim !== 'string') return undefined
  const text = claim.trim()
  const isStorable =
    text !== '' && text.length <= maxLength && text.isWellFormed() && !text.includes('\u0000')
  return isStorable ? text : undefined
}
