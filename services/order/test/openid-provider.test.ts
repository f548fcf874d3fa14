import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestDatabase } from '@shop/tests/kit/database'
import { startOpenIdProvider } from '@shop/tests/kit/openid-provider'
import { startServiceProcess } from '@shop/tests/kit/service-process'
import { v5 as uuidv5 } from 'uuid'
import { insertOrder, insertProduct, insertUser } from './app.ts'

const main = new URL('../src/main.ts', import.meta.url).pathname

test('the service takes the tokens of an OpenID provider that it knows by its issuer alone', async (t) => {
  const database = await createTestDatabase('order_service')
  t.after(() => database.drop())
  const provider = await startOpenIdProvider(t, {
    changeToken: ({ payload }, { accountId }) => {
      payload.groups = accountId === 'olivia' ? ['staff', 'shop-operators'] : []
    },
  })
  const service = await startServiceProcess(t, main, {
    DATABASE_URL: database.urlOf('order_service'),
    AUTH_ISSUER: provider.issuer,
    AUTH_AUDIENCE: 'shop',
    AUTH_USER_IDS: 'any',
    AUTH_ROLE_CLAIM: '/groups',
    AUTH_ADMIN_ROLES: 'shop-operators',
    AUTH_SCOPE_READ: 'orders:read',
    AUTH_SCOPE_WRITE: 'orders:write',
    PRODUCT_SERVICE_URL: 'http://127.0.0.1:1',
    DRAIN_DELAY_MS: '0',
  })
  const send = async (token: string, path: string, method = 'GET') => {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(`${service.url}${path}`, { method, headers })
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
  }

  const aliceId = uuidv5('alice', uuidv5(provider.issuer, uuidv5.URL))
  await insertUser(database, { id: aliceId })
  const productId = await insertProduct(database)
  const orderId = await insertOrder(database, { userId: aliceId, productId })

  const alice = await provider.logIn('alice')
  const { body: mine } = await send(alice, '/orders')
  assert.deepEqual(
    mine.data.map(({ id, userId }: { id: string; userId: string }) => [id, userId]),
    [[orderId, aliceId]],
  )
  assert.equal((await send(await provider.logIn('bob'), `/orders/${orderId}`)).status, 404)
  assert.equal((await send(alice, '/admin/orders')).body.code, 'role_required')
  const operator = await provider.logIn('olivia')
  assert.equal((await send(operator, `/admin/orders/${orderId}`)).body.userId, aliceId)

  const reader = await provider.logIn('alice', 'orders:read')
  const refused = await send(reader, `/orders/${orderId}/cancel`, 'POST')
  assert.deepEqual([refused.status, refused.body.code], [403, 'insufficient_scope'])
  assert.match(String(refused.headers.get('www-authenticate')), /scope="orders:write"$/)
  assert.equal((await send(alice, `/orders/${orderId}/cancel`, 'POST')).body.status, 'cancelled')
  const writer = await provider.logIn('alice', 'orders:write')
  const exported = await send(writer, '/orders/export', 'POST')
  assert.match(String(exported.headers.get('www-authenticate')), /scope="orders:read"$/)
  assert.equal(await service.stop(), 'exit code 0')
})
