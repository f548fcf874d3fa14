import type { FastifyRequest, onRequestAsyncHookHandler, onRequestHookHandler } from 'fastify'
import { ForbiddenError, InvalidTokenError, type TokenRefusal, UnauthorizedError } from '../errors.ts'
import type { Role, User, VerifiedToken, VerifyToken } from './token-verifier.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified token's user; there is no other source of a user id. Set by `authenticate`. */
    user: User
    /** When the verified token expires, in milliseconds since 1970. Set by `authenticate`. */
    tokenExpiresAt: number
    /** Why the token was refused, for the log line of the request. Set by `authenticate`. */
    tokenRefused: TokenRefusal | undefined
  }
}

/** Returns an onRequest hook that sets `request.user` from the Bearer token (RFC 6750) or throws UnauthorizedError. */
export function authenticate(verifyToken: VerifyToken): onRequestHookHandler {
  return (request, reply, done) => {
    // one user's answers must not stay in a cache, least of all in a shared browser
    reply.header('cache-control', 'no-store')
    const proceed = ({ user, expiresAt }: VerifiedToken) => {
      request.user = user
      request.tokenExpiresAt = expiresAt
      done()
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

/** Returns an onRequest hook, for after `authenticate`, that throws ForbiddenError unless the user has `role`. */
export function requireRole(role: Role): onRequestAsyncHookHandler {
  return async (request) => {
    if (request.user.role !== role) throw new ForbiddenError('role_required', `The role ${role} is required.`)
  }
}

/** The `security` of a route that authenticates, for the OpenAPI document. */
export const bearerSecurity = [{ bearer: [] }]

function bearerToken(request: FastifyRequest): string {
  const { authorization = '' } = request.headers
  const token = /^bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1]
  if (token) return token
  throw /^bearer +\S/i.test(authorization)
    ? new InvalidTokenError('malformed', 'The Authorization header is not of the form Bearer <token>.')
    : new UnauthorizedError('token_missing', 'An access token is required: Authorization: Bearer <token>.')
}
