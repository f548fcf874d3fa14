import { createService, type ServiceOptions } from '@shop/service/http/service'
import manifest from '../package.json' with { type: 'json' }
import { type DeliveryRoutes, deliveryRoutes } from './routes/deliveries.ts'
import { type EventRoutes, eventRoutes } from './routes/events.ts'
import { type WebhookRoutes, webhookRoutes } from './routes/webhooks.ts'

export function buildApp(
  dependencies: EventRoutes & WebhookRoutes & DeliveryRoutes,
  options: Pick<ServiceOptions, 'logger' | 'checkReadiness' | 'limits' | 'corsOrigins'>,
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
  app.register(webhookRoutes, dependencies)
  app.register(deliveryRoutes, dependencies)
  return app
}
