import type { FastifyRequest, onRequestAsyncHookHandler, onRequestHookHandler } from 'fastify'
import { ForbiddenError, InvalidTokenError, type TokenRefusal, UnauthorizedError } from '../errors.ts'
import type { Role, User, VerifyToken } from './token-verifier.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified token's user; there is no other source of a user id. Set by `authenticate`. */
    user: User
    /** Why the token was refused, for the log line of the request. Set by `authenticate`. */
    tokenRefused: TokenRefusal | undefined
  }
}

/** An onRequest hook: sets `request.user` from the Bearer token (RFC 6750), or throws UnauthorizedError. */
export function authenticate(verifyToken: VerifyToken): onRequestHookHandler {
  return (request, reply, done) => {
    // what is one user's is not for a cache to keep, in a browser that others use least of all
    reply.header('cache-control', 'no-store')
    const proceed = (user: User) => {
      request.user = user
      done()
    }
    const refuse = (error: Error) => {
      if (error instanceof InvalidTokenError) request.tokenRefused = error.reason
      done(error)
    }
    let user: User | Promise<User>
    try {
      user = verifyToken(bearerToken(request))
    } catch (error) {
      return refuse(error as Error)
    }
    // a token seen before needs no promise
    if (user instanceof Promise) user.then(proceed, refuse)
    else proceed(user)
  }
}

/** An onRequest hook for after `authenticate`: throws ForbiddenError unless the user has `role`. */
export function requireRole(role: Role): onRequestAsyncHookHandler {
  return async (request) => {
    if (request.user.role !== role) throw new ForbiddenError('role_required', `This needs the role ${role}.`)
  }
}

/** What a route that authenticates says of itself in the OpenAPI document. */
export const bearerSecurity = [{ bearer: [] }]

function bearerToken(request: FastifyRequest): string {
  const { authorization = '' } = request.headers
  const token = /^bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1]
  if (token) return token
  throw /^bearer +\S/i.test(authorization)
    ? new InvalidTokenError('malformed', 'The Authorization header is not of the form Bearer <token>.')
    : new UnauthorizedError('token_missing', 'An access token is needed: Authorization: Bearer <token>.')
}
