import { join } from 'node:path'
import { dataFolder } from '@shop/database/embedded'
import { urlForRole } from '@shop/database/role-url'
import type { Roles, ServiceName } from '@shop/database/services'
import { localUrl, type StackConfig } from './config.ts'
import { passedEnvironment } from './environment.ts'
import type { ProcessSpec } from './supervisor.ts'

export type StackProcess = ProcessSpec & {
  /** With --watch, a change in one of these folders restarts the process. */
  sources: string[]
}

/** Describes the services and the gateway; each is configured by its environment alone, as in production. */
export function describeProcesses(options: {
  root: string
  config: StackConfig
  databaseUrl: string
  roles: Roles
  env: NodeJS.ProcessEnv
}): { services: StackProcess[]; gateway: StackProcess } {
  const { root, config, databaseUrl, roles, env } = options
  const urls = {
    USER_SERVICE_URL: localUrl(config.userPort),
    PRODUCT_SERVICE_URL: localUrl(config.productPort),
  }
  const tokens = { AUTH_ISSUER: localUrl(config.gatewayPort), AUTH_AUDIENCE: 'shop' }
  const verification = { ...tokens, AUTH_JWKS_URL: `${urls.USER_SERVICE_URL}/.well-known/jwks.json` }

  const describe = (
    name: string,
    folder: string,
    port: number,
    own: { main: string; ready: string; env: ProcessSpec['env'] },
  ) => ({
    name,
    script: join(root, folder, own.main),
    // the launcher's own, so that a relative path in NODE_OPTIONS names the same file
    cwd: process.cwd(),
    env: {
      ...passedEnvironment(env),
      PATH: env.PATH ?? '',
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: config.logLevel,
      NODE_COMPILE_CACHE: join(dataFolder(), 'compile-cache'),
      ...own.env,
    },
    readyUrl: `${localUrl(port)}${own.ready}`,
    sources: [join(root, folder, 'src'), join(root, 'packages/service/src')],
  })
  const service = (name: ServiceName, port: number, own: ProcessSpec['env']) =>
    describe(name, `services/${name}`, port, {
      main: 'src/main.ts',
      ready: '/readyz',
      env: {
        DATABASE_URL: urlForRole(databaseUrl, roles[name]),
        // only the gateway calls the services here, and it stops first
        DRAIN_DELAY_MS: '0',
        ...own,
      },
    })

  return {
    services: [
      service('user', config.userPort, { ...tokens, TRUSTED_PROXIES: '127.0.0.1' }),
      service('product', config.productPort, verification),
      service('order', config.orderPort, { ...verification, ...urls }),
      service('relay', config.relayPort, { ...verification, ...webhooksOf(env) }),
    ],
    gateway: describe('gateway', 'gateway', config.gatewayPort, {
      main: 'src/main.ts',
      ready: '/healthz',
      env: {
        ...urls,
        ORDER_SERVICE_URL: localUrl(config.orderPort),
        RELAY_SERVICE_URL: localUrl(config.relayPort),
        OPERATORS_DOOR: config.operatorsDoor,
        CORS_ORIGINS: config.corsOrigins?.join() ?? '',
      },
    }),
  }
}

/**
 * Returns the settings of webhooks: receivers on this machine are allowed, because a laptop has no others, and a key
 * that everyone knows will do for a demo.
 */
const webhooksOf = (env: NodeJS.ProcessEnv) => ({
  WEBHOOK_ENCRYPTION_KEY: env.WEBHOOK_ENCRYPTION_KEY || Buffer.alloc(32, 'demo-only').toString('base64'),
  WEBHOOK_ALLOW: env.WEBHOOK_ALLOW || '127.0.0.0/8,::1,localhost',
  WEBHOOK_ALLOW_HTTP: env.WEBHOOK_ALLOW_HTTP || 'true',
})
