import type { Server } from 'node:http'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import type { Service } from './service.ts'

/**
 * Drains and exits. A proxy may be sending a request at the moment of the signal, and closing immediately
 * would fail it. So /readyz first answers 503 and answers carry Connection: close during the drain delay;
 * then the port closes. Exits with status 1 if requests are still in progress at the deadline.
 */
export async function shutDown(
  app: Service,
  config: { drainDelayMs: number; shutdownTimeoutMs: number },
  { close, signal, isBusy }: { close: () => Promise<void>; signal: string; isBusy: () => boolean },
) {
  app.log.info({ signal, drainDelayMs: config.drainDelayMs }, 'draining')
  app.lifecycle.draining = true
  const deadline = setTimeout(() => {
    app.log.error('requests were still in progress at the deadline')
    process.exit(1)
  }, config.drainDelayMs + config.shutdownTimeoutMs)
  await wait(config.drainDelayMs)
  await stopListening(app.server)
  const closed = app.close()
  // Node would wait for connections without a complete request, whose time-outs no longer run
  do await wait(silentMs)
  while (isBusy())
  app.server.closeAllConnections()
  await closed
  await close()
  clearTimeout(deadline)
  app.log.info('closed')
  process.exit(0)
}

/** Time for a request to follow its connection, in milliseconds. */
const silentMs = 200

/** Maximum time to accept waiting connections, in milliseconds; an overloaded service would never be done. */
const acceptWaitingMs = 2000

/**
 * Closing a port resets the connections that wait to be accepted, even if their requests were already sent.
 * Node accepts one in each turn of the event loop, so the port closes after a turn that found none.
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
