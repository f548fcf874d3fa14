import { createService, type ServiceOptions } from '@shop/service/http/service'
import manifest from '../package.json' with { type: 'json' }
import { type AccountRoutes, accountRoutes } from './routes/accounts.ts'
import { type KeySetRoutes, keySetRoutes } from './routes/key-set.ts'
import { type MeRoutes, meRoutes } from './routes/me.ts'
import { refreshCookieScheme } from './routes/schemas.ts'
import { type SessionRoutes, sessionRoutes } from './routes/sessions.ts'
import { type UserRoutes, userRoutes } from './routes/users.ts'

export function buildApp(
  dependencies: AccountRoutes & SessionRoutes & MeRoutes & UserRoutes & KeySetRoutes,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness' | 'limits' | 'corsOrigins'>,
) {
  const app = createService({
    ...options,
    version: manifest.version,
    title: 'User service',
    description: 'Accounts, sessions, and the keys that access tokens verify with.',
    securitySchemes: refreshCookieScheme,
  })
  app.register(accountRoutes, dependencies)
  app.register(sessionRoutes, dependencies)
  app.register(meRoutes, dependencies)
  app.register(userRoutes, dependencies)
  app.register(keySetRoutes, dependencies)
  return app
}
