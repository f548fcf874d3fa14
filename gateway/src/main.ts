import { integer, oneOf, readConfig, text, url } from '@shop/service/config'
import { corsSettings } from '@shop/service/http/cors'
import { runMain } from '@shop/service/http/run'
import { createLogger, logSettings } from '@shop/service/logger'
import { buildGateway } from './gateway.ts'

const upstream = (env: string) => url(env, { meaning: 'Where the service listens', protocols: ['http:'] })

const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 0, max: 65_535, default: 8080 }),
  host: text('HOST', { meaning: 'The address to listen on', default: '127.0.0.1' }),
  user: upstream('USER_SERVICE_URL'),
  product: upstream('PRODUCT_SERVICE_URL'),
  order: upstream('ORDER_SERVICE_URL'),
  relay: upstream('RELAY_SERVICE_URL'),
  operatorsDoor: oneOf('OPERATORS_DOOR', {
    meaning: "Whether the operators' routes below /admin are public",
    choices: ['open', 'closed'],
    default: 'open',
  }),
  ...corsSettings,
  ...logSettings,
}

await runMain(async () => {
  const { port, host, logLevel, operatorsDoor, corsOrigins, ...upstreams } = readConfig(settings, process.env)
  const logger = createLogger({ name: 'gateway', level: logLevel })
  const app = buildGateway({ upstreams, logger, operatorsDoor, corsOrigins })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void app.close())
  await app.listen({ host, port })
})
