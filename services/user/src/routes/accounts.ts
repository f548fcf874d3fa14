import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UnauthorizedError } from '@shop/service/errors'
import { locationHeader, problems, success } from '@shop/service/http/responses'
import { Text } from '@shop/service/schemas'
import { Type } from 'typebox'
import type { ClientAddress } from '../client-address.ts'
import type { CredentialLimits } from '../credential-limits.ts'
import type { UserRepository } from '../db/user-repository.ts'
import type { PasswordHasher } from '../password-hasher.ts'
import { type TokenSigner, tokenLifetimeSeconds } from '../token-signer.ts'
import { Email, Name, User } from '../user.ts'

/** Carries Retry-After, as a 503 does. */
const tooManyAttempts = {
  429: { ...problems(503)[503], description: 'Too many attempts from this address, or for this account.' },
}

const registerSchema = {
  summary: 'Open an account',
  tags: ['accounts'],
  operationId: 'register',
  body: Type.Object(
    {
      email: Email,
      password: Text({ minLength: 8, maxLength: 128, examples: ['correct horse battery'] }),
      name: Name,
    },
    { additionalProperties: false },
  ),
  response: {
    201: success('The new user.', User, locationHeader),
    ...problems(400, 409, 413, 415, 500, 503),
    ...tooManyAttempts,
  },
}

const AccessToken = Type.Object(
  {
    accessToken: Type.String({ description: 'For the header Authorization: Bearer <accessToken>.' }),
    tokenType: Type.Literal('Bearer'),
    expiresIn: Type.Integer({ description: 'In seconds.', examples: [tokenLifetimeSeconds] }),
  },
  { title: 'AccessToken' },
)

const loginSchema = {
  summary: 'Get an access token',
  tags: ['accounts'],
  operationId: 'login',
  body: Type.Object(
    // any text is accepted: the rules for passwords would only help attackers
    { email: Email, password: Type.String({ maxLength: 1024, examples: ['demo-password'] }) },
    { additionalProperties: false },
  ),
  response: {
    200: success('The token.', AccessToken, {
      'Cache-Control': { type: 'string', description: 'no-store', required: true },
    }),
    ...problems(400, 401, 413, 415, 500, 503),
    ...tooManyAttempts,
  },
}

export type AccountRoutes = {
  users: UserRepository
  passwords: PasswordHasher
  tokens: TokenSigner
  limits: CredentialLimits
  clientAddress: ClientAddress
}

export const accountRoutes: FastifyPluginAsyncTypebox<AccountRoutes> = async (
  app,
  { users, passwords, tokens, limits, clientAddress },
) => {
  app.post('/users/register', { schema: registerSchema }, async (request, reply) => {
    const { email, password, name } = request.body
    const user = await limits.attempt({ email, address: clientAddress(request) }, async (admit) => {
      const passwordHash = await passwords.hash(password, admit)
      return users.createUser({ email, name, passwordHash })
    })
    reply.code(201).header('location', `/users/${user.id}`)
    return user
  })

  app.post('/users/login', { schema: loginSchema }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const { email, password } = request.body
    const user = await limits.attempt({ email, address: clientAddress(request) }, async (admit) => {
      const credentials = await users.findCredentials(email)
      // the same work without an account, so that the time does not reveal which emails have one
      const matches = await passwords.verify(password, credentials?.passwordHash, admit)
      // a lone surrogate is hashed as U+FFFD, and must not be accepted in its place
      if (credentials && matches && password.isWellFormed()) return credentials
      throw new UnauthorizedError('invalid_credentials', 'Wrong email or password.')
    })
    return {
      accessToken: await tokens.sign(user),
      tokenType: 'Bearer' as const,
      expiresIn: tokenLifetimeSeconds,
    }
  })
}
