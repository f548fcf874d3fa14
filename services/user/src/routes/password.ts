import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { commonCodes, noContent, problem, problems } from '@shop/service/http/responses'
import { Type } from 'typebox'
import { checkPassword, type PasswordCheck } from '../check-password.ts'
import type { ClientAddress } from '../client-address.ts'
import type { CredentialRepository } from '../db/credential-repository.ts'
import type { RefreshCookie } from '../refresh-cookie.ts'
import { NewPassword, Password } from '../user.ts'
import { bearerAndCookieSecurity, limited, setCookieHeader, tellQuota } from './schemas.ts'

const changePasswordSchema = {
  summary: "Change the caller's password, and end all other sessions",
  description: 'With the refresh cookie, the session of the caller goes on and gets a new cookie.',
  tags: ['users'],
  operationId: 'changePassword',
  security: bearerAndCookieSecurity,
  body: Type.Object(
    { currentPassword: Password, newPassword: NewPassword },
    { title: 'PasswordChange', additionalProperties: false },
  ),
  response: limited({
    204: noContent('The password was changed.', setCookieHeader({ required: false })),
    ...problems(400, 413, 415, 500, 503),
    ...problem(401, [...commonCodes[401], 'invalid_credentials']),
    ...problem(404, ['user_not_found']),
  }),
}

export type PasswordRoutes = PasswordCheck & {
  credentials: CredentialRepository
  refreshCookie: RefreshCookie
  clientAddress: ClientAddress
  verifyToken: VerifyToken
}

export const passwordRoutes: FastifyPluginAsyncTypebox<PasswordRoutes> = async (app, dependencies) => {
  const { credentials, passwords, refreshCookie, clientAddress, verifyToken } = dependencies
  app.addHook('onRequest', authenticate(verifyToken))
  const onSend = tellQuota(dependencies)

  app.post('/users/me/password', { schema: changePasswordSchema, onSend }, async (request, reply) => {
    const { currentPassword, newPassword } = request.body
    const account = await credentials.findById(request.user.id)
    const sessionId = refreshCookie.read(request)?.sessionId
    const { refresh } = await checkPassword(
      dependencies,
      { email: account.email ?? account.id, password: currentPassword, address: clientAddress(request) },
      // without a password, none is the right one
      async () => (account.passwordHash === null ? undefined : account),
      async ({ id, passwordHash }) => {
        const newHash = await passwords.hash(newPassword)
        return credentials.changePassword({ id, passwordHash, sessionId }, newHash)
      },
    )
    if (refresh) reply.header('set-cookie', refreshCookie.store(refresh.token, refresh.maxAgeSeconds))
    return reply.code(204).send()
  })
}
