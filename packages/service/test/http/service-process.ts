// The program that run.test.ts starts and ends: a service with a slow route, and one that fails outside of any request.
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { run, runMain } from '../../src/http/run.ts'
import { createLogger } from '../../src/logger.ts'
import { createTestService } from '../app.ts'

const { PORT, SHUTDOWN_TIMEOUT_MS } = process.env

await runMain(async () => {
  const logger = createLogger({ name: 'test', level: 'info' })
  const app = createTestService({ logger })
  app.get('/slow', () => setTimeout(600, { slow: true }))
  app.get('/fatal', async () => {
    queueMicrotask(() => {
      throw new Error('out of reach')
    })
  })
  const config = {
    host: '127.0.0.1',
    port: Number(PORT),
    drainDelayMs: Number(process.env.DRAIN_DELAY_MS),
    shutdownTimeoutMs: Number(SHUTDOWN_TIMEOUT_MS),
  }
  await run(app, config, async () => logger.info('the rest is closed'))
  console.log(`port ${(app.server.address() as AddressInfo).port}`)
})
