import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { ValidationError } from '@shop/service/errors'
import { commonCodes, noContent, problem, problems, success } from '@shop/service/http/responses'
import { Type } from 'typebox'
import { checkPassword, type PasswordCheck } from '../check-password.ts'
import type { ClientAddress } from '../client-address.ts'
import type { CredentialRepository } from '../db/credential-repository.ts'
import type { UserRepository } from '../db/user-repository.ts'
import type { RefreshCookie } from '../refresh-cookie.ts'
import { asCaller, Name, Password, User } from '../user.ts'
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

const deleteMeSchema = {
  summary: "Delete the caller's account",
  description:
    'Removes the email, the name and the password, and ends all sessions. The orders stay. An account with a password needs it in the body; one of an identity provider has none to give.',
  tags: ['users'],
  operationId: 'deleteMe',
  security: bearerAndCookieSecurity,
  body: Type.Object(
    { password: Type.Optional(Password) },
    { title: 'AccountDeletion', additionalProperties: false },
  ),
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
  localAccounts: boolean
}

export const meRoutes: FastifyPluginAsyncTypebox<MeRoutes> = async (app, dependencies) => {
  const { users, credentials, refreshCookie, clientAddress, verifyToken, localAccounts } = dependencies
  app.addHook('onRequest', authenticate(verifyToken))
  const onSend = tellQuota(dependencies)

  app.get('/users/me', { schema: getMeSchema }, async ({ user }) =>
    asCaller(await users.findCaller(user.id), user),
  )

  app.patch('/users/me', { schema: changeMeSchema }, async ({ user, body }) =>
    asCaller(await users.renameCaller(user.id, body.name), user),
  )

  app.delete('/users/me', { schema: deleteMeSchema, onSend }, async (request, reply) => {
    const { password } = request.body
    const account = await credentials.findById(request.user.id)
    // without local accounts, a password of former times proves nothing any more
    if (!localAccounts || account.passwordHash === null) {
      await credentials.deleteAccount(account)
      return reply.code(204).send()
    }
    if (password === undefined)
      throw new ValidationError([
        { pointer: '/password', detail: 'is required: this account has a password' },
      ])
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
