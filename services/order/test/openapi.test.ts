import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@shop/service/logger'
import { checkOperations } from '@shop/tests/kit/openapi/operations'
import { asUser, verifyToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import manifest from '../package.json' with { type: 'json' }
import { buildApp } from '../src/app.ts'
import { createTestApp, insertOrder, insertProduct, insertUser } from './app.ts'

test('every operation answers as its OpenAPI document says', async (t) => {
  const context = await createTestApp()
  t.after(() => context.close())
  const me = await insertUser(context.database)
  const productId = await insertProduct(context.database)
  const orderId = await insertOrder(context.database, { userId: me, productId })
  const headers = await asUser(me)
  const stranger = await asUser(uuidv7())

  const place = (body: object, key: string) => ({
    url: '/orders',
    headers: { ...headers, 'idempotency-key': key },
    body,
  })
  // another request with this key is in progress
  await context.database.owner.query({
    text: 'SELECT pg_advisory_lock(hashtextextended($1, 0))',
    values: [`${me} busy`],
  })

  await checkOperations(t, {
    app: context.app,
    buildBroken: (broken) =>
      buildApp(
        { orders: broken, placeOrder: broken, verifyToken },
        { logger: createLogger({ name: 'order', level: 'silent' }), checkReadiness: broken },
      ),
    cases: {
      'GET /orders': {
        200: [
          { url: '/orders?status=pending', headers },
          { url: '/orders', headers: stranger },
        ],
        400: [
          { url: '/orders?limit=0', headers },
          { url: '/orders?cursor=x', headers },
        ],
      },
      'GET /orders/{id}': {
        200: [{ url: `/orders/${orderId}`, headers }],
        400: [{ url: '/orders/x', headers }],
        404: [{ url: `/orders/${orderId}`, headers: stranger }],
      },
      'POST /orders': {
        201: [
          place({ productId }, 'first'),
          place({ productId }, 'first'),
          { url: '/orders', headers, body: { productId, quantity: 999 } },
        ],
        400: [place({ productId, quantity: 0 }, 'a'), place({ productId }, '""')],
        403: [{ url: '/orders', headers: stranger, body: { productId } }],
        404: [place({ productId: uuidv7() }, 'b')],
        409: [place({ productId }, 'busy')],
        422: [place({ productId, quantity: 2 }, 'first')],
      },
    },
  })
})

test('the version in the document is that of the package', async (t) => {
  const context = await createTestApp()
  t.after(() => context.close())
  const { info } = (await context.app.inject('/openapi.json')).json()
  assert.equal(info.version, manifest.version)
})
