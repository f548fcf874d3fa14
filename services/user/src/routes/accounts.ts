import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { locationHeader, problem, problems, success } from '@shop/service/http/responses'
import { Type } from 'typebox'
import type { PasswordCheck } from '../check-password.ts'
import type { ClientAddress } from '../client-address.ts'
import type { UserRepository } from '../db/user-repository.ts'
import { Email, Name, NewPassword, User } from '../user.ts'
import { limited, tellQuota } from './schemas.ts'

const registerSchema = {
  summary: 'Open an account',
  description:
    'An email address can have one account only, however it is capitalised. New accounts have the role customer.',
  tags: ['accounts'],
  operationId: 'register',
  body: Type.Object(
    { email: Email, password: NewPassword, name: Name },
    { title: 'NewUser', additionalProperties: false },
  ),
  response: limited({
    201: success('The new user.', User, locationHeader),
    ...problems(400, 413, 415, 500, 503),
    ...problem(409, ['email_taken']),
  }),
}

export type AccountRoutes = PasswordCheck & { users: UserRepository; clientAddress: ClientAddress }

export const accountRoutes: FastifyPluginAsyncTypebox<AccountRoutes> = async (app, dependencies) => {
  const { users, passwords, limits, clientAddress } = dependencies
  const onSend = tellQuota(dependencies)

  app.post('/users/register', { schema: registerSchema, onSend }, async (request, reply) => {
    const { email, password, name } = request.body
    const user = await limits.attempt({ email, address: clientAddress(request) }, async (admit) => {
      const passwordHash = await passwords.hash(password, admit)
      return users.createUser({ email, name, passwordHash })
    })
    reply.code(201).header('location', `/users/${user.id}`)
    return user
  })
}
