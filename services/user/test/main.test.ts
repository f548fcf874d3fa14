import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createTestDatabase } from '@shop/tests/kit/database'
import { startProgram, startServiceProcess } from '@shop/tests/kit/service-process'
import { asUser, testAuth, testKeySet } from '@shop/tests/kit/tokens'

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

test('without local accounts the service creates no key, and accepts the tokens of the issuer', async (t) => {
  const database = await createTestDatabase('user_service')
  t.after(() => database.drop())
  const issuer = createServer((_request, response) => response.end(JSON.stringify(testKeySet)))
  await once(issuer.listen(0, '127.0.0.1'), 'listening')
  t.after(() => issuer.close())
  const service = await startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('user_service'),
    AUTH_ISSUER: testAuth.authIssuer,
    AUTH_AUDIENCE: testAuth.authAudience,
    AUTH_JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`,
    LOCAL_ACCOUNTS: 'false',
    DRAIN_DELAY_MS: '0',
  })
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200)
  assert.equal((await fetch(`${service.url}/.well-known/jwks.json`)).status, 404)
  const id = randomUUID()
  await database.owner.query({ text: `SELECT ensure_user($1, NULL, 'Zoë')`, values: [id] })
  const me = await fetch(`${service.url}/users/me`, { headers: await asUser(id) })
  assert.partialDeepStrictEqual(await me.json(), { id, name: 'Zoë', email: null })
  assert.deepEqual(await database.owner.query({ text: 'SELECT FROM signing_keys' }), [])
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
