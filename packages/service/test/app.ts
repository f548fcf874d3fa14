import { createService, type ServiceOptions } from '../src/http/service.ts'
import { createLogger } from '../src/logger.ts'

/** Returns a service without its own routes and without a database. */
export function createTestService(options: Partial<ServiceOptions> & { logLines?: string[] } = {}) {
  const { logLines, ...rest } = options
  return createService({
    title: 'Test service',
    version: '7.8.9',
    description: 'Only for tests.',
    logger: createLogger(
      { name: 'test', level: logLines ? 'trace' : 'silent' },
      { write: (line) => logLines?.push(line) },
    ),
    checkReadiness: async () => {},
    ...rest,
  })
}
