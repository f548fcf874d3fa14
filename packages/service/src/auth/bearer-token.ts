import type { FastifyRequest } from 'fastify'
import { InvalidTokenError, UnauthorizedError } from '../errors.ts'

/** Returns the token of the Authorization header (RFC 6750, section 2.1). Throws UnauthorizedError. */
export function bearerToken(request: FastifyRequest): string {
  const { authorization = '' } = request.headers
  const token = /^bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1]
  if (token) return token
  throw /^bearer +\S/i.test(authorization)
    ? new InvalidTokenError('malformed', 'The Authorization header is not of the form Bearer <token>.')
    : new UnauthorizedError('token_missing', 'An access token is required: Authorization: Bearer <token>.')
}
