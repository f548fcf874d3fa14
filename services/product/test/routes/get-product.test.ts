import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, type TestApp } from '../app.ts'

let context: TestApp
let productId: string

before(async () => {
  context = await createTestApp()
  productId = await insertProduct(context.database, {
    name: 'Kettle',
    createdAt: '2026-03-01T09:30:00.123456Z',
  })
})
after(() => context.close())

test('GET /products/:id returns the product to anyone', async () => {
  const response = await context.app.inject({ url: `/products/${productId}` })

  assert.equal(response.statusCode, 200)
  assert.deepEqual(response.json(), {
    id: productId,
    name: 'Kettle',
    description: '',
    unitAmount: 1250,
    currency: 'EUR',
    createdAt: '2026-03-01T09:30:00.123Z',
    updatedAt: '2026-03-01T09:30:00.123Z',
  })
})

test('an id in capitals is the same id', async () => {
  const response = await context.app.inject({ url: `/products/${productId.toUpperCase()}` })
  assert.equal(response.json().id, productId)
})

test('a product that does not exist is a 404 product_not_found', async () => {
  const response = await context.app.inject({ url: `/products/${uuidv7()}` })

  assert.equal(response.statusCode, 404)
  assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
  assert.equal(response.json().code, 'product_not_found')
})

for (const id of [
  '1',
  'null',
  'x'.repeat(90),
  `urn:uuid:${uuidv7()}`,
  `{${uuidv7()}}`,
  uuidv7().replaceAll('-', ''),
  `${uuidv7()}%00`,
  `%20${uuidv7()}`,
  `${uuidv7()}'--`,
  '%F0%9F%92%A9',
]) {
  test(`GET /products/${id.slice(0, 60)} is a 400 that names id`, async () => {
    const response = await context.app.inject({ url: `/products/${id}` })
    assert.equal(response.statusCode, 400, response.body)
    assert.equal(response.json().errors[0].parameter, 'id')
  })
}

for (const path of [
  '/products//',
  '/products/..',
  '/products/%2e%2e',
  `/products/${uuidv7()}/`,
  '/product',
]) {
  test(`GET ${path} is a problem of 400 or 404`, async () => {
    const response = await context.app.inject({ url: path })
    assert.ok([400, 404].includes(response.statusCode), `${response.statusCode}`)
    assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
  })
}

for (const [method, path, allow] of [
  ['PUT', '/products', 'GET, HEAD, POST'],
  ['DELETE', '/products', 'GET, HEAD, POST'],
  ['DELETE', `/products/${uuidv7()}`, 'GET, HEAD, PATCH'],
  ['POST', `/products/${uuidv7()}`, 'GET, HEAD, PATCH'],
] as const) {
  test(`${method} ${path.slice(0, 10)} is a 405 that names the supported methods`, async () => {
    const response = await context.app.inject({ method, url: path })
    assert.equal(response.statusCode, 405)
    assert.equal(response.json().code, 'method_not_allowed')
    assert.deepEqual(String(response.headers.allow).split(', ').sort(), allow.split(', '))
  })
}
