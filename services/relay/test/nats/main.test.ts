import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { startNats, withoutNats } from '@shop/tests/kit/nats'
import { startServiceProcess } from '@shop/tests/kit/service-process'
import { insertShop, place } from '../orders.ts'
import { connectForTest, until } from './broker.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

const start = (t: TestContext, database: TestDatabase, env: Record<string, string>) =>
  startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('relay_service'),
    AUTH_ISSUER: 'https://issuer.test',
    AUTH_AUDIENCE: 'shop',
    AUTH_SECRET: 'a secret of at least 32 characters',
    DRAIN_DELAY_MS: '0',
    ...env,
  })

const metricsOf = async ({ url }: { url: string }) => (await fetch(`${url}/metrics`)).text()

test('the service sends events to BROKER_URL, into BROKER_STREAM, and ends in time', {
  skip: withoutNats,
}, async (t) => {
  const database = await createTestDatabase('relay_service')
  cleanUp(t, () => database.drop())
  const nats = await startNats(t, { args: ['--auth', 'canary'] })
  const { host } = new URL(nats.url)
  const relay = await start(t, database, { BROKER_URL: `nats://canary@${host}`, BROKER_STREAM: 'facts' })
  await place(database.owner, await insertShop(database))
  await until(async () => /^relay_broker_position 1$/m.test(await metricsOf(relay)), 'sent')
  const { manager } = await connectForTest(t, `nats://canary@${host}`)
  const { config, state } = await manager.streams.info('facts')
  assert.deepEqual([state.messages, config.max_age], [1, 30 * 86_400_000_000_000])
  // a relay on a busy machine may lose its lease for a moment, and is not connected meanwhile
  await until(async () => /^relay_broker_connected 1$/m.test(await metricsOf(relay)), 'connected')
  // even a frozen broker does not hold it up
  nats.freeze(true)
  assert.equal(await relay.stop(), 'exit code 0')
  assert.doesNotMatch(relay.output(), /canary/)
})

test('without BROKER_URL there is no broker', async (t) => {
  const database = await createTestDatabase('relay_service')
  cleanUp(t, () => database.drop())
  const relay = await start(t, database, {})
  assert.doesNotMatch(await metricsOf(relay), /relay_broker/)
})
