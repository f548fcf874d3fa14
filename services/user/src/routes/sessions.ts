import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { User } from '@shop/service/auth/token-verifier'
import { noContent, problem, problems, success } from '@shop/service/http/responses'
import { EmptyObject } from '@shop/service/schemas'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { checkPassword, type PasswordCheck } from '../check-password.ts'
import type { ClientAddress } from '../client-address.ts'
import type { CredentialRepository } from '../db/credential-repository.ts'
import { invalidRefreshToken, type Refresh, type SessionRepository } from '../db/session-repository.ts'
import type { RefreshCookie } from '../refresh-cookie.ts'
import { type TokenSigner, tokenLifetimeSeconds } from '../token-signer.ts'
import { Email, Password } from '../user.ts'
import { limited, noStoreHeader, refreshCookieSecurity, setCookieHeader, tellQuota } from './schemas.ts'

const AccessToken = Type.Object(
  {
    accessToken: Type.String({ description: 'For the header Authorization: Bearer <accessToken>.' }),
    tokenType: Type.Literal('Bearer'),
    expiresIn: Type.Integer({ description: 'In seconds.', examples: [tokenLifetimeSeconds] }),
  },
  { title: 'AccessToken' },
)

const loginSchema = {
  summary: 'Get an access token, and a refresh cookie',
  description:
    'The access token is valid for an hour. The cookie renews it at POST /users/refresh. A wrong password and an unknown address get the same answer.',
  tags: ['sessions'],
  operationId: 'login',
  body: Type.Object(
    { email: Email, password: Password },
    { title: 'Credentials', additionalProperties: false },
  ),
  response: limited({
    200: success('The token.', AccessToken, { ...noStoreHeader, ...setCookieHeader({ required: true }) }),
    ...problems(400, 413, 415, 500, 503),
    ...problem(401, ['invalid_credentials']),
  }),
}

// The next two have a body although there is nothing to say: it makes the request one that a browser does not send from
// another site, not even one of the same domain, without asking first.

const refreshSchema = {
  summary: 'Get an access token for the refresh cookie, and the next cookie',
  description:
    'Each cookie is used once; for 30 seconds it may be used again, by another tab or because the answer was lost.',
  tags: ['sessions'],
  operationId: 'refresh',
  security: refreshCookieSecurity,
  body: EmptyObject,
  response: limited({
    200: success('The token.', AccessToken, { ...noStoreHeader, ...setCookieHeader({ required: true }) }),
    ...problems(400, 413, 415, 500, 503),
    ...problem(401, ['invalid_refresh_token']),
  }),
}

const logoutSchema = {
  summary: 'End the session of the refresh cookie, if there is one',
  description:
    'Deletes the cookie, whether or not there is a session. The access token stays valid until it expires, so discard it.',
  tags: ['sessions'],
  operationId: 'logout',
  security: [{}, ...refreshCookieSecurity],
  body: EmptyObject,
  response: {
    204: noContent('There is no session.', setCookieHeader({ required: true })),
    ...problems(400, 413, 415, 500, 503),
  },
}

export type SessionRoutes = PasswordCheck & {
  credentials: CredentialRepository
  sessions: SessionRepository
  tokens: TokenSigner
  refreshCookie: RefreshCookie
  clientAddress: ClientAddress
}

export const sessionRoutes: FastifyPluginAsyncTypebox<SessionRoutes> = async (app, dependencies) => {
  const { credentials, sessions, tokens, refreshCookie, limits, clientAddress } = dependencies
  const onSend = tellQuota(dependencies)

  async function answer(reply: FastifyReply, user: User, { token, maxAgeSeconds }: Refresh) {
    const accessToken = await tokens.sign(user)
    reply.header('set-cookie', refreshCookie.store(token, maxAgeSeconds))
    return { accessToken, tokenType: 'Bearer' as const, expiresIn: tokenLifetimeSeconds }
  }

  app.post('/users/login', { schema: loginSchema, onSend }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const { email, password } = request.body
    const { user, refresh } = await checkPassword(
      dependencies,
      { email, password, address: clientAddress(request) },
      () => credentials.findByEmail(email),
      async ({ id, role, passwordHash }) => {
        const refresh = await sessions.open({ userId: id, passwordHash })
        return refresh && { user: { id, role }, refresh }
      },
    )
    return answer(reply, user, refresh)
  })

  app.post('/users/refresh', { schema: refreshSchema, onSend }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    limits.countAddress(clientAddress(request))
    const token = refreshCookie.read(request)
    // the cookie is left as it is: meanwhile another tab may have logged in and stored another one
    if (!token) throw invalidRefreshToken()
    const { user, refresh } = await sessions.refresh(token)
    return answer(reply, user, refresh)
  })

  app.post('/users/logout', { schema: logoutSchema }, async (request, reply) => {
    const token = refreshCookie.read(request)
    if (token) await sessions.end(token.sessionId)
    return reply.code(204).header('set-cookie', refreshCookie.cleared).send()
  })
}
