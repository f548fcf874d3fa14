import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity, requireRole } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { NotFoundError, ValidationError } from '@shop/service/errors'
import { problem, problems, success } from '@shop/service/http/responses'
import { Uuid, UuidList } from '@shop/service/schemas'
import { Type } from 'typebox'
import type { UserRepository } from '../db/user-repository.ts'
import { asCaller, Contact, Email, User } from '../user.ts'

const getUserSchema = {
  summary: 'A user: the caller, or anyone for an admin',
  description: "For anyone but an admin, another user's id gets the same 404 as one that does not exist.",
  tags: ['users'],
  operationId: 'getUser',
  security: bearerSecurity,
  params: Type.Object({ id: Uuid }),
  response: {
    200: success('The user.', User),
    ...problems(400, 401, 500, 503),
    ...problem(404, ['user_not_found']),
  },
}

const findUsersSchema = {
  summary: 'The users with some ids, or the one with an email, for an admin',
  description: 'Takes either ids or email, for the role admin. Users that do not exist are left out.',
  tags: ['users'],
  operationId: 'findUsers',
  security: bearerSecurity,
  // of the two parameters, exactly one
  querystring: Type.Object(
    {
      ids: Type.Optional(
        UuidList({
          maxItems: 100,
          examples: ['00000000-0000-7000-8000-0000000000a1,00000000-0000-7000-8000-0000000000b0'],
        }),
      ),
      email: Type.Optional(Email),
    },
    { additionalProperties: false },
  ),
  response: {
    200: success(
      'The users that there are, in any order.',
      Type.Object({ data: Type.Array(Contact) }, { title: 'Contacts' }),
    ),
    ...problems(400, 401, 403, 500, 503),
  },
}

export type UserRoutes = { users: UserRepository; verifyToken: VerifyToken }

export const userRoutes: FastifyPluginAsyncTypebox<UserRoutes> = async (app, { users, verifyToken }) => {
  app.addHook('onRequest', authenticate(verifyToken))

  app.get('/users/:id', { schema: getUserSchema }, async (request) => {
    const { user } = request
    const id = request.params.id.toLowerCase()
    if (id === user.id) return asCaller(await users.findCaller(id), user)
    // not a 403, which would reveal whether there is such a user
    if (user.role !== 'admin') throw new NotFoundError('user')
    await users.refuseDeleted(user.id)
    return users.findUser(id)
  })

  app.get(
    '/users',
    { schema: findUsersSchema, onRequest: requireRole('admin') },
    async ({ user, query: { ids, email } }) => {
      await users.refuseDeleted(user.id)
      if (ids !== undefined && email === undefined) return { data: await users.findContacts(ids.split(',')) }
      if (email !== undefined && ids === undefined) return { data: await users.findContactsByEmail(email) }
      throw new ValidationError([{ parameter: 'ids', detail: 'either ids or email is required, not both' }])
    },
  )
}
