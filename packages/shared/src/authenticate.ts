import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { ForbiddenError, UnauthorizedError } from './errors.ts'
import type { Role, User, VerifyToken } from './token-verifier.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified token's user; there is no other source of a user id. Set by `authenticate`. */
    user: User
  }
}

/** An onRequest hook: sets `request.user` from the Bearer token (RFC 6750), or throws UnauthorizedError. */
export function authenticate(verifyToken: VerifyToken): onRequestAsyncHookHandler {
  return async (request, reply) => {
    // what is one user's is not for a cache to keep, in a browser that others use least of all
    reply.header('cache-control', 'no-store')
    request.user = await verifyToken(bearerToken(request))
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
  if (!/^bearer +\S/i.test(authorization)) {
    throw new UnauthorizedError('token_missing', 'An access token is needed: Authorization: Bearer <token>.')
  }
  const token = /^bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1]
  if (!token)
    throw new UnauthorizedError(
      'invalid_token',
      'The Authorization header is not of the form Bearer <token>.',
    )
  return token
}
