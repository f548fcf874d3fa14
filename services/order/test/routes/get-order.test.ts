import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'

let context: TestApp
let me: string
let orderId: string

before(async () => {
  context = await createTestApp()
  me = await insertUser(context.database)
  const productId = await insertProduct(context.database)
  orderId = await insertOrder(context.database, { userId: me, productId, status: 'shipped' })
})
after(() => context.close())

test('GET /orders/:id returns my order', async () => {
  const response = await context.app.inject({ url: `/orders/${orderId}`, headers: await asUser(me) })

  assert.equal(response.statusCode, 200)
  const order = response.json()
  assert.equal(order.id, orderId)
  assert.equal(order.userId, me)
  assert.equal(order.status, 'shipped')
})

test('an id in capitals is the same id', async () => {
  const response = await context.app.inject({
    url: `/orders/${orderId.toUpperCase()}`,
    headers: await asUser(me),
  })
  assert.equal(response.json().id, orderId)
})

test("a missing order and someone else's get the same answer", async () => {
  const someoneElse = await asUser(await insertUser(context.database))
  const foreign = await context.app.inject({ url: `/orders/${orderId}`, headers: someoneElse })
  const missing = await context.app.inject({ url: `/orders/${uuidv7()}`, headers: someoneElse })

  assert.equal(foreign.statusCode, 404)
  assert.equal(foreign.json().code, 'order_not_found')
  const withoutId = (text: string) => ({ ...JSON.parse(text), requestId: undefined })
  assert.deepEqual(withoutId(foreign.body), withoutId(missing.body))
})

test("the admin role gives no access to other users' orders", async () => {
  const response = await context.app.inject({
    url: `/orders/${orderId}`,
    headers: await asUser(uuidv7(), 'admin'),
  })
  assert.equal(response.statusCode, 404)
})

for (const id of [
  '1',
  'x'.repeat(300),
  `urn:uuid:${uuidv7()}`,
  `${uuidv7()}%00`,
  '%2e%2e',
  `${uuidv7()}'--`,
  '%F0%9F%92%A9',
]) {
  test(`GET /orders/${id.slice(0, 60)} is a 400 or 404 problem, never a 500`, async () => {
    const response = await context.app.inject({ url: `/orders/${id}`, headers: await asUser(me) })
    assert.ok([400, 404].includes(response.statusCode), `${response.statusCode}`)
    assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
  })
}
