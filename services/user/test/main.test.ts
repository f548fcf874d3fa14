import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestDatabase } from '@shop/tests/kit/database'
import { startProgram, startServiceProcess } from '@shop/tests/kit/service-process'

const main = new URL('../src/main.ts', import.meta.url).pathname

test('the service starts from environment variables alone, creates its key, serves, and stops on SIGTERM', async (t) => {
  const database = await createTestDatabase('user_service')
  t.after(() => database.drop())
  const service = await startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('user_service'),
    AUTH_ISSUER: 'https://issuer.test',
    AUTH_AUDIENCE: 'shop',
    DRAIN_DELAY_MS: '0',
  })
  const keys = await database.owner.query({ text: 'SELECT FROM signing_keys' })
  assert.equal(keys.length, 1)
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200)

  assert.equal(await service.stop(), 'exit code 0')
})

test('without its configuration the service reports everything that is missing and exits', async (t) => {
  const service = startProgram(t, main, { PORT: 'http' })
  assert.equal(await service.ended, 'exit code 1')
  const message = service.output()
  for (const name of ['PORT', 'DATABASE_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE']) {
    assert.match(message, new RegExp(`^  ${name} `, 'm'))
  }
})
