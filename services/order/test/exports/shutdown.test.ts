import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { createTestDatabase } from '@shop/tests/kit/database'
import { startServiceProcess } from '@shop/tests/kit/service-process'
import { asUser, testAuth, testKeySet } from '@shop/tests/kit/tokens'
import { insertProduct, insertUser } from '../app.ts'
import { insertManyOrders, open, readAll } from './exports.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

/** Starts the service, and an export of more than the buffers of a connection hold. */
async function startExport(t: TestContext, shutdownTimeoutMs: number) {
  const issuer = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(testKeySet))
  })
  issuer.listen(0, '127.0.0.1')
  cleanUp(t, () => issuer.close())
  await once(issuer, 'listening')
  const issuerUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`

  const database = await createTestDatabase('order_service')
  cleanUp(t, () => database.drop())
  const userId = await insertUser(database)
  await insertManyOrders({ database }, { userId, productId: await insertProduct(database), count: 4000 })
  await database.owner.query({ text: 'ALTER TABLE orders DISABLE TRIGGER review_changed_order' })
  await database.owner.query({
    text: `UPDATE orders SET metadata = jsonb_build_object('note', repeat('x', 10000))`,
  })
  const service = await startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('order_service'),
    AUTH_JWKS_URL: issuerUrl,
    AUTH_ISSUER: testAuth.authIssuer,
    AUTH_AUDIENCE: testAuth.authAudience,
    PRODUCT_SERVICE_URL: issuerUrl,
    DRAIN_DELAY_MS: '0',
    SHUTDOWN_TIMEOUT_MS: String(shutdownTimeoutMs),
  })
  const response = await open(t, `${service.url}/orders/export`, await asUser(userId))
  assert.equal(response.statusCode, 200)
  return { service, response }
}

test('an export that is read while the service shuts down is finished', async (t) => {
  const { service, response } = await startExport(t, 30_000)
  service.kill('SIGTERM')
  await setTimeout(300)
  assert.equal(service.howEnded(), undefined, 'it waits for the export')
  const { text, isWhole } = await readAll(response)
  assert.ok(isWhole)
  assert.equal(text.split('\n').length - 1, 4000)
  assert.equal(await service.ended, 'exit code 0')
})

test('an export that is not read by the deadline is broken off', async (t) => {
  const { service, response } = await startExport(t, 300)
  service.kill('SIGTERM')
  assert.equal(await service.ended, 'exit code 1')
  const { isWhole } = await readAll(response)
  assert.equal(isWhole, false)
})
