import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  BadGatewayError,
  GatewayTimeoutError,
  NotFoundError,
  ServiceUnavailableError,
} from '@shop/service/errors'
import { asUser, signToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { orderNumber } from '../../src/order-number.ts'
import { createTestApp, insertProduct, insertUser, productClient, type TestApp } from '../app.ts'

let context: TestApp
let productId: string

/** The behaviour of the catalogue, set by each test. */
const catalogue = {
  price: 1250,
  failure: undefined as Error | undefined,
  calls: 0,
}

const products = productClient(() => {
  catalogue.calls++
  if (catalogue.failure) throw catalogue.failure
  return { name: 'Kettle', unitAmount: catalogue.price, currency: 'EUR' }
})

before(async () => {
  context = await createTestApp({ products })
  productId = await insertProduct(context.database)
})
after(() => context.close())

async function place(userId: string, body: unknown, headers: Record<string, string> = {}) {
  return context.app.inject({
    method: 'POST',
    url: '/orders',
    headers: { ...(await asUser(userId)), ...headers },
    body: body as object,
  })
}

const countOf = async (userId: string) => (await context.orders.listOrdersByUser(userId)).count

test('POST /orders returns 201 with the order and its Location, where GET finds it', async () => {
  const me = await insertUser(context.database)
  const response = await place(me, { productId, quantity: 3 })

  assert.equal(response.statusCode, 201)
  assert.match(String(response.headers['content-type']), /^application\/json/)
  const order = response.json()
  assert.deepEqual(
    { ...order, id: undefined, createdAt: undefined, updatedAt: undefined },
    {
      id: undefined,
      userId: me,
      productId,
      productName: 'Kettle',
      number: orderNumber(order.id),
      version: 1,
      itemCount: 1,
      totalAmount: 3750,
      refundedAmount: 0,
      currency: 'EUR',
      status: 'pending',
      createdAt: undefined,
      updatedAt: undefined,
      items: [{ position: 1, productId, productName: 'Kettle', quantity: 3, unitAmount: 1250 }],
      shippingAddress: null,
      metadata: null,
      shipment: null,
      latePayment: false,
      actions: ['cancel'],
    },
  )
  assert.equal(response.headers.location, `/orders/${order.id}`)
  const found = await context.app.inject({
    url: String(response.headers.location),
    headers: await asUser(me),
  })
  assert.deepEqual(found.json(), order)
})

test('the default quantity is one', async () => {
  const me = await insertUser(context.database)
  assert.equal((await place(me, { productId })).json().items[0].quantity, 1)
})

test('an order keeps its original price', async (t) => {
  const me = await insertUser(context.database)
  const { id } = (await place(me, { productId })).json()
  t.after(() => {
    catalogue.price = 1250
  })
  catalogue.price = 9900
  assert.equal((await context.orders.findOrder(me, id)).totalAmount, 1250)
  assert.equal((await place(me, { productId })).json().totalAmount, 9900)
})

test('without a key, the same request twice is two orders', async () => {
  const me = await insertUser(context.database)
  await place(me, { productId })
  await place(me, { productId })
  assert.equal(await countOf(me), 2)
})

const refused: [body: unknown, pointer: string][] = [
  [{}, ''],
  [{ items: [] }, '/items'],
  [{ quantity: 2 }, '/quantity'],
  [{ productId: null }, '/productId'],
  [{ productId: 7 }, '/productId'],
  [{ productId: 'x' }, '/productId'],
  [{ productId: '00000000-0000-7000-8000-0000000f0001\u0000' }, '/productId'],
  [{ productId: ['00000000-0000-7000-8000-0000000f0001'] }, '/productId'],
  [{ productId: '00000000-0000-7000-8000-0000000f0001', quantity: 0 }, '/quantity'],
  [{ productId: '00000000-0000-7000-8000-0000000f0001', quantity: 1000 }, '/quantity'],
  [{ productId: '00000000-0000-7000-8000-0000000f0001', quantity: 1.5 }, '/quantity'],
  [{ productId: '00000000-0000-7000-8000-0000000f0001', quantity: '2' }, '/quantity'],
  [{ productId: '00000000-0000-7000-8000-0000000f0001', quantity: true }, '/quantity'],
  [{ productId: '00000000-0000-7000-8000-0000000f0001', quantity: null }, '/quantity'],
  [{ productId: '00000000-0000-7000-8000-0000000f0001', userId: 'someone' }, '/userId'],
  [{ productId: '00000000-0000-7000-8000-0000000f0001', unitAmount: 1 }, '/unitAmount'],
  [{ productId: '00000000-0000-7000-8000-0000000f0001', status: 'paid' }, '/status'],
  [[], ''],
]

for (const [body, pointer] of refused) {
  test(`the body ${JSON.stringify(body)} is refused, naming "${pointer}", before anything is fetched or stored`, async () => {
    const me = await insertUser(context.database)
    const calls = catalogue.calls
    const response = await place(me, body)
    assert.equal(response.statusCode, 400, response.body)
    assert.ok(
      response.json().errors.some((error: { pointer: string }) => error.pointer === pointer),
      response.body,
    )
    assert.equal(catalogue.calls, calls)
    assert.equal(await countOf(me), 0)
  })
}

for (const [name, raw] of Object.entries({
  'that is not JSON': '{',
  'that is empty': '',
  null: 'null',
  text: '"x"',
})) {
  test(`a body ${name} is a 400`, async () => {
    const me = await insertUser(context.database)
    const response = await context.app.inject({
      method: 'POST',
      url: '/orders',
      headers: { ...(await asUser(me)), 'content-type': 'application/json' },
      body: raw,
    })
    assert.equal(response.statusCode, 400, response.body)
  })
}

test('without a token nothing happens', async () => {
  const calls = catalogue.calls
  const response = await context.app.inject({ method: 'POST', url: '/orders', body: { productId } })
  assert.equal(response.statusCode, 401)
  assert.equal(catalogue.calls, calls)
})

test('a valid token whose user has no row here is a 403 unknown_user', async () => {
  const response = await place(uuidv7(), { productId }, { 'idempotency-key': 'a' })
  assert.equal(response.statusCode, 403)
  assert.equal(response.json().code, 'unknown_user')
})

test('a product that the catalogue has and the database has not is a 404', async () => {
  const me = await insertUser(context.database)
  const response = await place(me, { productId: uuidv7() })
  assert.equal(response.statusCode, 404)
  assert.equal(response.json().code, 'product_not_found')
})

const failures: [error: Error, status: number, code: string][] = [
  [new NotFoundError('product'), 404, 'product_not_found'],
  [
    new ServiceUnavailableError('upstream_unavailable', 'The product service is unavailable.'),
    503,
    'upstream_unavailable',
  ],
  [new BadGatewayError('The product service returned an invalid answer.'), 502, 'upstream_error'],
  [new GatewayTimeoutError('The product service did not answer in time.'), 504, 'upstream_timeout'],
  [new Error('secret detail'), 500, 'internal_error'],
]

for (const [error, status, code] of failures) {
  test(`when the catalogue fails with ${code}, the answer is ${status}, nothing is stored, and the key is free`, async () => {
    const me = await insertUser(context.database)
    const key = { 'idempotency-key': 'again' }
    catalogue.failure = error
    const response = await place(me, { productId }, key).finally(() => {
      catalogue.failure = undefined
    })
    assert.equal(response.statusCode, status)
    assert.equal(response.json().code, code)
    assert.doesNotMatch(response.body, /secret detail/)
    assert.equal(await countOf(me), 0)

    const again = await place(me, { productId }, key)
    assert.equal(again.statusCode, 201)
    assert.equal(again.headers['idempotent-replayed'], undefined)
  })
}

test('lists work while the catalogue is down', async (t) => {
  const me = await insertUser(context.database)
  await place(me, { productId })
  catalogue.failure = new ServiceUnavailableError('upstream_unavailable', '')
  t.after(() => {
    catalogue.failure = undefined
  })
  const response = await context.app.inject({ url: '/orders', headers: await asUser(me) })
  assert.equal(response.json().meta.count, 1)
})

test('the user comes only from the token', async () => {
  const me = await insertUser(context.database)
  const someoneElse = await insertUser(context.database)
  const response = await context.app.inject({
    method: 'POST',
    url: '/orders',
    headers: { authorization: `Bearer ${await signToken({ id: me })}`, 'x-user-id': someoneElse },
    body: { productId },
  })
  assert.equal(response.json().userId, me)
  assert.equal(await countOf(someoneElse), 0)
})
