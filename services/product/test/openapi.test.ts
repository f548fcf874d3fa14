import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '@shop/service/logger'
import { checkOperations } from '@shop/tests/kit/openapi/operations'
import { asUser, verifyToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import manifest from '../package.json' with { type: 'json' }
import { buildApp } from '../src/app.ts'
import { createTestApp, insertProduct } from './app.ts'

test('every operation answers as its OpenAPI document says', async (t) => {
  const context = await createTestApp()
  t.after(() => context.close())
  const id = await insertProduct(context.database)
  const headers = await asUser(uuidv7(), 'admin')
  const customer = await asUser(uuidv7())
  const product = { name: 'Kettle', unitAmount: 4900, currency: 'EUR' }

  await checkOperations(t, {
    app: context.app,
    buildBroken: (broken) =>
      buildApp(
        { products: broken, verifyToken },
        { logger: createLogger({ name: 'product', level: 'silent' }), checkReadiness: broken },
      ),
    cases: {
      'GET /products': {
        200: [{ url: '/products' }, { url: '/products?offset=100' }],
        304: [{ url: '/products', headers: { 'if-none-match': '*' } }],
        400: [{ url: '/products?limit=0' }, { url: '/products?cursor=x' }],
      },
      'GET /products/prices': {
        200: [{ url: `/products/prices?ids=${id},${uuidv7()}` }],
        400: [{ url: '/products/prices?ids=x' }],
      },
      'GET /products/{id}': {
        200: [{ url: `/products/${id}` }],
        304: [{ url: `/products/${id}`, headers: { 'if-none-match': '*' } }],
        400: [{ url: '/products/x' }],
        404: [{ url: `/products/${uuidv7()}` }],
      },
      'POST /products': {
        201: [{ url: '/products', headers, body: product }],
        400: [
          { url: '/products', headers, body: {} },
          { url: '/products', headers, body: { ...product, currency: 'XYZ' } },
        ],
        403: [{ url: '/products', headers: customer, body: product }],
      },
      'PATCH /products/{id}': {
        200: [{ url: `/products/${id}`, headers, body: { unitAmount: 5900 } }],
        400: [{ url: '/products/x', headers, body: {} }],
        403: [{ url: `/products/${id}`, headers: customer, body: product }],
        404: [{ url: `/products/${uuidv7()}`, headers, body: product }],
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
