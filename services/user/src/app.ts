import type { VerifyToken } from '@shop/service/auth/token-verifier'
import { createService, type ServiceOptions } from '@shop/service/http/service'
import type { ClientAddress } from './client-address.ts'
import type { CredentialLimits } from './credential-limits.ts'
import type { SigningKeyRepository } from './db/signing-key-repository.ts'
import type { UserRepository } from './db/user-repository.ts'
import type { PasswordHasher } from './password-hasher.ts'
import { accountRoutes } from './routes/accounts.ts'
import { keySetRoutes } from './routes/key-set.ts'
import { userRoutes } from './routes/users.ts'
import type { TokenSigner } from './token-signer.ts'

export type Dependencies = {
  users: UserRepository
  keys: Pick<SigningKeyRepository, 'publishedKeys'>
  passwords: PasswordHasher
  tokens: TokenSigner
  limits: CredentialLimits
  clientAddress: ClientAddress
  verifyToken: VerifyToken
}

export function buildApp(
  { users, keys, passwords, tokens, limits, clientAddress, verifyToken }: Dependencies,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness'>,
) {
  const app = createService({
    ...options,
    title: 'User service',
    description: 'Accounts, login, and the keys that access tokens verify with.',
  })
  app.register(accountRoutes, { users, passwords, tokens, limits, clientAddress })
  app.register(userRoutes, { users, verifyToken })
  app.register(keySetRoutes, { keys })
  return app
}
