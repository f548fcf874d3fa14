import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { createTestDatabase } from '@shop/tests/kit/database'
import { startServiceProcess } from '@shop/tests/kit/service-process'
import { testAuth, testKeySet } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { v7 as uuidv7 } from 'uuid'
import { startFeed } from './feed.ts'
import { openReader } from './streams.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

test('a service that is stopped serves its streams while it drains, ends them, and exits in order', async (t) => {
  const issuer = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(testKeySet))
  })
  issuer.listen(0, '127.0.0.1')
  cleanUp(t, () => issuer.close())
  await once(issuer, 'listening')
  const issuerUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`
  const database = await createTestDatabase('order_service')
  cleanUp(t, () => database.drop())
  await startFeed(database)
  const service = await startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('order_service'),
    AUTH_JWKS_URL: issuerUrl,
    AUTH_ISSUER: testAuth.authIssuer,
    AUTH_AUDIENCE: testAuth.authAudience,
    PRODUCT_SERVICE_URL: issuerUrl,
    DRAIN_DELAY_MS: '1000',
    SHUTDOWN_TIMEOUT_MS: '30000',
  })
  const reader = await openReader(t, service.url, { userId: uuidv7() })
  await until(() => reader.text() !== '')
  service.kill('SIGTERM')
  await until(async () => (await fetch(`${service.url}/readyz`)).status === 503)
  assert.ok(!reader.isClosed())
  await until(() => reader.isClosed())
  assert.ok(reader.isWhole())
  assert.match(reader.text(), /\n\nretry: \d{4}\n\n$/)
  assert.equal(await service.ended, 'exit code 0')
})
