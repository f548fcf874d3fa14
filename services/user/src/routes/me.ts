import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { commonCodes, noContent, problem, problems, success } from '@shop/service/http/responses'
import { Type } from 'typebox'
import { checkPassword, type PasswordCheck } from '../check-password.ts'
import type { ClientAddress } from '../client-address.ts'
import type { CredentialRepository } from '../db/credential-repository.ts'
import type { UserRepository } from '../db/user-repository.ts'
import type { RefreshCookie } from '../refresh-cookie.ts'
import { Name, NewPassword, Password, User } from '../user.ts'
import { bearerAndCookieSecurity, limited, setCookieHeader, tellQuota } from './schemas.ts'

const getMeSchema = {
  summary: 'The caller',
  description: 'The account that the access token was issued for.',
  tags: ['users'],
  operationId: 'getMe',
  security: bearerSecurity,
  response: {
    200: success('The caller.', User),
    ...problems(401, 500, 503),
    ...problem(404, ['user_not_found']),
  },
}

const changeMeSchema = {
  summary: "Change the caller's name",
  description: 'Returns the changed account.',
  tags: ['users'],
  operationId: 'changeMe',
  security: bearerSecurity,
  body: Type.Object({ name: Name }, { title: 'UserChange', additionalProperties: false }),
  response: {
    200: success('The caller.', User),
    ...problems(400, 401, 413, 415, 500, 503),
    ...problem(404, ['user_not_found']),
  },
}

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

const deleteMeSchema = {
  summary: "Delete the caller's account",
  description: 'Removes the email, the name and the password, and ends all sessions. The orders stay.',
  tags: ['users'],
  operationId: 'deleteMe',
  security: bearerAndCookieSecurity,
  body: Type.Object({ password: Password }, { title: 'AccountDeletion', additionalProperties: false }),
  response: limited({
    204: noContent('The account was deleted.', setCookieHeader({ required: false })),
    ...problems(400, 413, 415, 500, 503),
    ...problem(401, [...commonCodes[401], 'invalid_credentials']),
    ...problem(404, ['user_not_found']),
  }),
}

export type MeRoutes = PasswordCheck & {
  users: UserRepository
  credentials: CredentialRepository
  refreshCookie: RefreshCookie
  clientAddress: ClientAddress
  verifyToken: VerifyToken
}

export const meRoutes: FastifyPluginAsyncTypebox<MeRoutes> = async (app, dependencies) => {
  const { users, credentials, passwords, refreshCookie, clientAddress, verifyToken } = dependencies
  app.addHook('onRequest', authenticate(verifyToken))
  const onSend = tellQuota(dependencies)

  app.get('/users/me', { schema: getMeSchema }, async (request) => users.findCaller(request.user.id))

  app.patch('/users/me', { schema: changeMeSchema }, async (request) =>
    users.renameCaller(request.user.id, request.body.name),
  )

  app.post('/users/me/password', { schema: changePasswordSchema, onSend }, async (request, reply) => {
    const { currentPassword, newPassword } = request.body
    const account = await credentials.findById(request.user.id)
    const sessionId = refreshCookie.read(request)?.sessionId
    const { refresh } = await checkPassword(
      dependencies,
      { email: account.email, password: currentPassword, address: clientAddress(request) },
      async () => account,
      async () => {
        const newHash = await passwords.hash(newPassword)
        return credentials.changePassword({ ...account, sessionId }, newHash)
      },
    )
    if (refresh) reply.header('set-cookie', refreshCookie.store(refresh.token, refresh.maxAgeSeconds))
    return reply.code(204).send()
  })

  app.delete('/users/me', { schema: deleteMeSchema, onSend }, async (request, reply) => {
    const { password } = request.body
    const account = await credentials.findById(request.user.id)
    const sessionId = refreshCookie.read(request)?.sessionId
    const { endedOwnSession } = await checkPassword(
      dependencies,
      { email: account.email, password, address: clientAddress(request) },
      async () => account,
      () => credentials.deleteAccount({ ...account, sessionId }),
    )
    if (endedOwnSession) reply.header('set-cookie', refreshCookie.cleared)
    return reply.code(204).send()
  })
}
