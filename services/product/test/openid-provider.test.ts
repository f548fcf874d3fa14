import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestDatabase } from '@shop/tests/kit/database'
import { startOpenIdProvider } from '@shop/tests/kit/openid-provider'
import { startServiceProcess } from '@shop/tests/kit/service-process'

const main = new URL('../src/main.ts', import.meta.url).pathname

test('a machine with the scope of admins can fill the catalogue', async (t) => {
  const database = await createTestDatabase('product_service')
  t.after(() => database.drop())
  const provider = await startOpenIdProvider(t, { algorithm: 'ES256' })
  const service = await startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('product_service'),
    AUTH_ISSUER: provider.issuer,
    AUTH_AUDIENCE: 'shop',
    AUTH_USER_IDS: 'any',
    AUTH_ROLE_CLAIM: '/scope',
    AUTH_ADMIN_ROLES: 'orders:admin',
    AUTH_SCOPE_ADMIN: 'orders:admin',
    DRAIN_DELAY_MS: '0',
  })
  const create = async (scope: string) => {
    const response = await fetch(`${service.url}/products`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await provider.machineToken(scope)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ name: 'Kettle', description: '', unitAmount: 4900, currency: 'EUR' }),
    })
    return response.status
  }
  assert.equal(await create('orders:write'), 403)
  assert.equal(await create('orders:read orders:admin'), 201)
  assert.equal(await service.stop(), 'exit code 0')
})
