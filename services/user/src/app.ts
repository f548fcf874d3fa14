import { createService, type ServiceOptions } from '@shop/service/http/service'
import manifest from '../package.json' with { type: 'json' }
import { type AccountRoutes, accountRoutes } from './routes/accounts.ts'
import { type KeySetRoutes, keySetRoutes } from './routes/key-set.ts'
import { type MeRoutes, meRoutes } from './routes/me.ts'
import { type PasswordRoutes, passwordRoutes } from './routes/password.ts'
import { refreshCookieScheme } from './routes/schemas.ts'
import { type SessionRoutes, sessionRoutes } from './routes/sessions.ts'
import { type UserRoutes, userRoutes } from './routes/users.ts'

/** Without `localAccounts` there are no routes for passwords, sessions and keys. */
export function buildApp(
  dependencies: AccountRoutes & SessionRoutes & PasswordRoutes & MeRoutes & UserRoutes & KeySetRoutes,
  options: Pick<ServiceOptions, 'logger' | 'metrics' | 'checkReadiness' | 'limits' | 'corsOrigins'>,
) {
  const app = createService({
    ...options,
    version: manifest.version,
    title: 'User service',
    description: 'Accounts, sessions, and the keys that access tokens verify with.',
    securitySchemes: refreshCookieScheme,
  })
  app.register(meRoutes, dependencies)
  app.register(userRoutes, dependencies)
  if (dependencies.localAccounts) {
    app.register(accountRoutes, dependencies)
    app.register(sessionRoutes, dependencies)
    app.register(passwordRoutes, dependencies)
    app.register(keySetRoutes, dependencies)
  }
  return app
}
