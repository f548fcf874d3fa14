import { createService, type ServiceOptions } from '@shop/service/http/service'
import manifest from '../package.json' with { type: 'json' }

export function buildApp(options: Pick<ServiceOptions, 'logger' | 'checkReadiness' | 'limits'>) {
  return createService({
    ...options,
    version: manifest.version,
    title: 'Relay',
    description: 'What happens to orders, told to other systems.',
  })
}
