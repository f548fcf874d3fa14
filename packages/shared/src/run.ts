import { collectDefaultMetrics } from 'prom-client'
import { ConfigError, integer, text } from './config.ts'
import type { Service } from './service.ts'

export const runSettings = {
  host: text('HOST', { meaning: 'The address to listen on; 0.0.0.0 in a container', default: '127.0.0.1' }),
  drainDelayMs: integer('DRAIN_DELAY_MS', {
    meaning:
      'How long to go on serving after SIGTERM, with /readyz at 503, so that load balancers look elsewhere first, in milliseconds',
    min: 0,
    max: 120_000,
    default: 5000,
  }),
  shutdownTimeoutMs: integer('SHUTDOWN_TIMEOUT_MS', {
    meaning:
      'How long requests under way may take after that before the process ends all the same, in milliseconds',
    min: 100,
    max: 120_000,
    default: 10_000,
  }),
}

export type RunConfig = { host: string; port: number; drainDelayMs: number; shutdownTimeoutMs: number }

/** Listens, and on SIGTERM or SIGINT drains, closes `app`, then `close()`s the rest, and ends the process. */
export async function run(app: Service, config: RunConfig, close: () => Promise<void>): Promise<void> {
  collectDefaultMetrics({ register: app.metrics })
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error) => {
      app.log.fatal({ err: error }, event)
      process.exit(1)
    })
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // the second of two signals changes nothing: npm, for one, hands on a Ctrl-C that the process has had already
    process.on(signal, () => {
      if (!app.lifecycle.draining) void shutDown(app, config, close, signal)
    })
  }
  await app.listen({ host: config.host, port: config.port })
}

/**
 * A proxy may be sending us a request at the very moment that we are told to end, so closing at once would fail it.
 * First say so (/readyz answers 503, answers carry Connection: close) and serve on for the drain delay, then close.
 */
async function shutDown(app: Service, config: RunConfig, close: () => Promise<void>, signal: string) {
  app.log.info({ signal, drainDelayMs: config.drainDelayMs }, 'draining')
  app.lifecycle.draining = true
  const deadline = setTimeout(() => {
    app.log.error('requests were still under way at the deadline')
    process.exit(1)
  }, config.drainDelayMs + config.shutdownTimeoutMs)
  await new Promise((resolve) => setTimeout(resolve, config.drainDelayMs))
  await app.close()
  await close()
  clearTimeout(deadline)
  app.log.info('closed')
  process.exit(0)
}

/** Runs a service's main function; what fails before it serves is told on one screen, and the process ends with 1. */
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
