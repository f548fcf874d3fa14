import { collectDefaultMetrics } from 'prom-client'
import { type Config, ConfigError, integer, text } from '../config.ts'
import { corsSettings } from './cors.ts'
import type { Service } from './service.ts'
import { sheddingSettings } from './shedding.ts'
import { shutDown } from './shutdown.ts'

const listenSettings = {
  host: text('HOST', { meaning: 'The address to listen on; 0.0.0.0 in a container', default: '127.0.0.1' }),
  drainDelayMs: integer('DRAIN_DELAY_MS', {
    meaning:
      'How long to keep serving after SIGTERM, with /readyz at 503, so that load balancers stop sending requests first, in milliseconds',
    min: 0,
    max: 120_000,
    default: 5000,
  }),
  shutdownTimeoutMs: integer('SHUTDOWN_TIMEOUT_MS', {
    meaning:
      'How long requests in progress may take after that before the process exits anyway, in milliseconds',
    min: 100,
    max: 120_000,
    default: 10_000,
  }),
}

export const runSettings = { ...listenSettings, ...sheddingSettings, ...corsSettings }

/** `port` is a setting of each service, because its default differs. */
export type RunConfig = Config<typeof listenSettings> & { port: number }

/** Listens; on SIGTERM or SIGINT drains, closes `app`, calls `close()` for the rest, and exits. */
export async function run(app: Service, config: RunConfig, close: () => Promise<void>): Promise<void> {
  collectDefaultMetrics({ register: app.metrics })
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error) => {
      app.log.fatal({ err: error }, event)
      process.exit(1)
    })
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // a second signal changes nothing: npm forwards a Ctrl-C that the process has already received
    process.on(signal, () => {
      if (!app.lifecycle.draining) void shutDown(app, config, { close, signal, isBusy: () => inProgress > 0 })
    })
  }
  let inProgress = 0
  app.server.on('request', (_request, response) => {
    inProgress++
    response.once('close', () => inProgress--)
  })
  await app.listen({ host: config.host, port: config.port })
}

/**
 * Runs a main function. Prints a start-up error, without a stack trace if its message is enough, and exits
 * with status 1.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof ConfigError || isPortInUse(error) ? error.message : error)
    process.exit(1)
  }
}

function isPortInUse(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
