import type { Server } from 'node:http'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import { collectDefaultMetrics } from 'prom-client'
import { type Config, ConfigError, integer, text } from '../config.ts'
import type { Service } from './service.ts'
import { sheddingSettings, shedExcess } from './shedding.ts'

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
  ...sheddingSettings,
}

/** `port` is a setting of the service, because its default is. */
export type RunConfig = Config<typeof runSettings> & { port: number }

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
      if (!app.lifecycle.draining) void shutDown(app, config, { close, signal, isBusy: () => underWay > 0 })
    })
  }
  shedExcess(app, config)
  let underWay = 0
  app.server.on('request', (_request, response) => {
    underWay++
    response.once('close', () => underWay--)
  })
  await app.listen({ host: config.host, port: config.port })
}

/**
 * A proxy may be sending us a request at the very moment that we are told to end, so closing at once would fail it.
 * First say so (/readyz answers 503, answers carry Connection: close) and serve on for the drain delay, then close.
 */
async function shutDown(
  app: Service,
  config: RunConfig,
  { close, signal, isBusy }: { close: () => Promise<void>; signal: string; isBusy: () => boolean },
) {
  app.log.info({ signal, drainDelayMs: config.drainDelayMs }, 'draining')
  app.lifecycle.draining = true
  const deadline = setTimeout(() => {
    app.log.error('requests were still under way at the deadline')
    process.exit(1)
  }, config.drainDelayMs + config.shutdownTimeoutMs)
  await wait(config.drainDelayMs)
  await stopListening(app.server)
  const closed = app.close()
  // Node waits for connections that have sent no whole request, and no longer for the end of their time
  do await wait(silentMs)
  while (isBusy())
  app.server.closeAllConnections()
  await closed
  await close()
  clearTimeout(deadline)
  app.log.info('closed')
  process.exit(0)
}

/** Within this a request has followed its connection, in milliseconds; one that has not, is not waited for. */
const silentMs = 200

/** Long enough to get at what waits, in milliseconds; a service that is overloaded never does. */
const acceptWaitingMs = 2000

/**
 * Closing a port resets the connections that wait to be accepted, although their requests may have been sent already.
 * Node accepts one a turn of the event loop, so this closes it at the end of a turn that found none.
 */
async function stopListening(server: Server) {
  const deadline = performance.now() + acceptWaitingMs
  let accepted = true
  server.on('connection', () => {
    accepted = true
  })
  while (accepted && performance.now() < deadline) {
    accepted = false
    await setImmediate()
  }
  server.close()
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
