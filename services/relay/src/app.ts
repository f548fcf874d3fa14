import { createService, type ServiceOptions } from '@shop/service/http/service'
import manifest from '../package.json' with { type: 'json' }
import { type EventRoutes, eventRoutes } from './routes/events.ts'

export function buildApp(
  dependencies: EventRoutes,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness' | 'limits'>,
) {
  const app = createService({
    ...options,
    // a request may wait for events for 30 seconds
    connectionTimeoutMs: 40_000,
    version: manifest.version,
    title: 'Relay',
    description: 'What happens to orders, told to other systems.',
  })
  app.register(eventRoutes, dependencies)
  return app
}
