import { createService, type ServiceOptions } from '@shop/service/http/service'
import manifest from '../package.json' with { type: 'json' }
import { type AccountRoutes, accountRoutes } from './routes/accounts.ts'
import { type KeySetRoutes, keySetRoutes } from './routes/key-set.ts'
import { type UserRoutes, userRoutes } from './routes/users.ts'

export function buildApp(
  dependencies: AccountRoutes & UserRoutes & KeySetRoutes,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness' | 'limits'>,
) {
  const app = createService({
    ...options,
    version: manifest.version,
    title: 'User service',
    description: 'Accounts, login, and the keys that access tokens verify with.',
  })
  app.register(accountRoutes, dependencies)
  app.register(userRoutes, dependencies)
  app.register(keySetRoutes, dependencies)
  return app
}
