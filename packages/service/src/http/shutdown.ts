import type { Server } from 'node:http'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import type { Service } from './service.ts'

/**
 * A proxy may be sending us a request at the very moment that we are told to end, so closing at once would fail it.
 * First say so (/readyz answers 503, answers carry Connection: close) and serve on for the drain delay, then close.
 */
export async function shutDown(
  app: Service,
  config: { drainDelayMs: number; shutdownTimeoutMs: number },
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
