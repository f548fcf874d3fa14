import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { authenticate, bearerSecurity } from '@shop/service/auth/authenticate'
import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { NotFoundError } from '@shop/service/errors'
import { problems, success } from '@shop/service/http/responses'
import { Uuid } from '@shop/service/schemas'
import { Type } from 'typebox'
import type { UserRepository } from '../db/user-repository.ts'
import { User } from '../user.ts'

const getMeSchema = {
  summary: 'The caller',
  tags: ['users'],
  operationId: 'getMe',
  security: bearerSecurity,
  response: { 200: success('The caller.', User), ...problems(401, 404, 500, 503) },
}

const getUserSchema = {
  summary: 'A user: the caller, or anyone for an admin',
  tags: ['users'],
  operationId: 'getUser',
  security: bearerSecurity,
  params: Type.Object({ id: Uuid }),
  response: { 200: success('The user.', User), ...problems(400, 401, 404, 500, 503) },
}

export type UserRoutes = { users: UserRepository; verifyToken: VerifyToken }

export const userRoutes: FastifyPluginAsyncTypebox<UserRoutes> = async (app, { users, verifyToken }) => {
  app.addHook('onRequest', authenticate(verifyToken))

  app.get('/users/me', { schema: getMeSchema }, async (request) => users.findUser(request.user.id))

  app.get('/users/:id', { schema: getUserSchema }, async (request) => {
    const { user } = request
    const id = request.params.id.toLowerCase()
    // not a 403, which would reveal whether there is such a user
    if (id !== user.id && user.role !== 'admin') throw new NotFoundError('user')
    return users.findUser(id)
  })
}
