import type { onRequestAsyncHookHandler, onRequestHookHandler } from 'fastify'
import { ForbiddenError, InsufficientScopeError, InvalidTokenError, type TokenRefusal } from '../errors.ts'
import { bearerToken } from './bearer-token.ts'
import type { MissingScopes } from './claims.ts'
import type { Role, User, VerifiedToken, VerifyToken } from './token-verifier.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified token's user; there is no other source of a user id. Set by `authenticate`. */
    user: User
    /** When the verified token expires, in milliseconds since 1970. Set by `authenticate`. */
    tokenExpiresAt: number
    /** The scopes that the verified token lacks, if any are required. Set by `authenticate`. */
    missingScopes: MissingScopes
    /** Why the token was refused, for the log line of the request. Set by `authenticate`. */
    tokenRefused: TokenRefusal | undefined
  }
}

/**
 * Returns an onRequest hook that sets `request.user` from the Bearer token (RFC 6750). Throws UnauthorizedError, or
 * InsufficientScopeError where the token may not be used for this kind of request.
 */
export function authenticate(verifyToken: VerifyToken): onRequestHookHandler {
  return (request, reply, done) => {
    // one user's answers must not stay in a cache, least of all in a shared browser
    reply.header('cache-control', 'no-store')
    const proceed = ({ user, expiresAt, missingScopes }: VerifiedToken) => {
      request.user = user
      request.tokenExpiresAt = expiresAt
      request.missingScopes = missingScopes
      const missing = missingScopes[isRead(request.method) ? 'read' : 'write']
      if (missing === undefined) done()
      else done(new InsufficientScopeError(missing))
    }
    const refuse = (error: Error) => {
      if (error instanceof InvalidTokenError) {
        request.tokenRefused = error.reason
        request.server.tokensRefused.inc({ reason: error.reason })
      }
      done(error)
    }
    let verified: VerifiedToken | Promise<VerifiedToken>
    try {
      verified = verifyToken(bearerToken(request))
    } catch (error) {
      return refuse(error as Error)
    }
    // a token from the cache needs no promise
    if (verified instanceof Promise) verified.then(proceed, refuse)
    else proceed(verified)
  }
}

/** Returns an onRequest hook, for after `authenticate`, that throws ForbiddenError unless the user has `role`, or InsufficientScopeError. */
export function requireRole(role: Role): onRequestAsyncHookHandler {
  return async (request) => {
    const missing = role === 'admin' ? request.missingScopes.admin : undefined
    if (missing !== undefined) throw new InsufficientScopeError(missing)
    if (request.user.role !== role) throw new ForbiddenError('role_required', `The role ${role} is required.`)
  }
}

/**
 * Is an onRequest hook, for after `authenticate`, of routes that write but let the caller read. Throws
 * InsufficientScopeError unless the token may be used to read too.
 */
export const requireReading: onRequestAsyncHookHandler = async ({ missingScopes: { read } }) => {
  if (read !== undefined) throw new InsufficientScopeError(read)
}

const isRead = (method: string) => method === 'GET' || method === 'HEAD'

/** The `security` of a route that authenticates, for the OpenAPI document. */
export const bearerSecurity = [{ bearer: [] }]
