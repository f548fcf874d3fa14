import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import {
  type Answer,
  anyProduct,
  anyProducts,
  assertProblem,
  call,
  logIn,
  newShopper,
  placeOrder,
  type Shopper,
} from './shop-client.ts'

describe('a shopper', () => {
  let dora: Shopper
  let emil: Shopper
  let product: Awaited<ReturnType<typeof anyProduct>>

  before(async () => {
    dora = await newShopper('dora')
    emil = await newShopper('emil')
    product = await anyProduct()
  })

  test('has one account for an email, and logs in only with the right password', async () => {
    const again = { email: dora.email.toUpperCase(), password: 'another password', name: 'Dora' }
    assertProblem(await call('/users/register', { json: again }), 409, 'email_taken')
    const wrong = { email: dora.email, password: 'another password' }
    assertProblem(await call('/users/login', { json: wrong }), 401, 'invalid_credentials')
    const nobody = { email: `nobody-${randomUUID()}@example.com`, password: 'another password' }
    assertProblem(await call('/users/login', { json: nobody }), 401, 'invalid_credentials')

    const me = await call('/users/me', { token: await logIn(dora.email) })
    assert.equal(me.status, 200)
    assert.deepEqual([me.body.id, me.body.email], [dora.id, dora.email])
    assert.doesNotMatch(me.text, /password/i)
  })

  test('looks at the catalogue without a token', async () => {
    const found = await call(`/products/${product.id}`)
    assert.equal(found.status, 200)
    assert.deepEqual(found.body, product)
    assertProblem(await call(`/products/${randomUUID()}`), 404, 'product_not_found')
  })

  test('places an order once, however often it is sent, lists it and fetches it', async () => {
    const place = (quantity: number) =>
      call('/orders', {
        token: dora.token,
        headers: { 'idempotency-key': `e2e-${dora.id}` },
        json: { productId: product.id, quantity },
      })
    const placed = await place(2)
    assert.equal(placed.status, 201, placed.text)
    const { id } = placed.body
    assert.equal(placed.headers.get('location'), `/orders/${id}`)
    assert.equal(placed.headers.get('idempotent-replayed'), null)
    const expected = {
      userId: dora.id,
      productId: product.id,
      productName: product.name,
      itemCount: 1,
      items: [
        {
          position: 1,
          productId: product.id,
          productName: product.name,
          quantity: 2,
          unitAmount: product.unitAmount,
        },
      ],
      totalAmount: 2 * product.unitAmount,
      currency: product.currency,
      status: 'pending',
      version: 1,
      actions: ['cancel'],
    }
    assert.partialDeepStrictEqual(placed.body, expected)

    const repeated = await place(2)
    assert.equal(repeated.status, 201)
    assert.equal(repeated.text, placed.text)
    assert.equal(repeated.headers.get('location'), `/orders/${id}`)
    assert.equal(repeated.headers.get('idempotent-replayed'), 'true')
    assertProblem(await place(3), 422, 'idempotency_key_reused')

    const list = await call('/orders', { token: dora.token })
    assert.equal(list.status, 200)
    const { items, shippingAddress, metadata, shipment, latePayment, actions, ...listed } = placed.body
    assert.deepEqual(list.body, {
      data: [listed],
      meta: { count: 1, limit: 20, offset: 0, nextCursor: null },
    })
    const fetched = await call(`/orders/${id}`, { token: dora.token })
    assert.equal(fetched.status, 200)
    assert.deepEqual(fetched.body, placed.body)
  })

  test("does not see other users' orders", async () => {
    const { body: order } = await call('/orders', { token: dora.token, json: { productId: product.id } })
    const foreign = await call(`/orders/${order.id}`, { token: emil.token })
    const missing = await call(`/orders/${randomUUID()}`, { token: emil.token })
    assertProblem(foreign, 404, 'order_not_found')
    assertProblem(missing, 404, 'order_not_found')
    assert.equal(foreign.body.detail, missing.body.detail)

    const pretending = await call('/orders', {
      token: emil.token,
      headers: { 'x-user-id': dora.id, 'x-user-role': 'admin', 'x-forwarded-user': dora.id },
    })
    assert.equal(pretending.body.meta.count, 0)
    assertProblem(await call(`/users/${dora.id}`, { token: emil.token }), 404, 'user_not_found')
  })

  test('places three items, sees them, and cancels another order', async () => {
    const shopper = await newShopper('lena')
    const { token } = shopper
    const products = await anyProducts(3)
    const shippingAddress = { name: 'Lena', line1: '1 Street', city: 'Town', country: 'DE' }
    const placed = await placeOrder(shopper, products, { shippingAddress, metadata: { gift: 'yes' } })
    const { id } = placed.body
    const items = products.map((product, index) => ({
      position: index + 1,
      productId: product.id,
      productName: product.name,
      quantity: index + 1,
      unitAmount: product.unitAmount,
    }))
    const totalAmount = items.reduce((sum, { quantity, unitAmount }) => sum + quantity * unitAmount, 0)
    const expected = { items, itemCount: 3, totalAmount, shippingAddress, metadata: { gift: 'yes' } }
    assert.partialDeepStrictEqual(placed.body, expected)
    const fetched = await call(`/orders/${id}`, { token })
    assert.deepEqual([fetched.body, fetched.headers.get('etag')], [placed.body, '"1"'])
    const list = await call('/orders?include=items', { token })
    assert.deepEqual(list.body.data[0].items, items)

    const { body: other } = await placeOrder(shopper, products.slice(1))
    const cancel = (headers: Record<string, string>) =>
      call(`/orders/${other.id}/cancel`, { token, headers, json: { reason: 'Ordered by mistake' } })
    const once = { 'if-match': '"1"', 'idempotency-key': `cancel-${other.id}` }
    const cancelled = await cancel(once)
    assert.deepEqual([cancelled.status, cancelled.body.status], [200, 'cancelled'], cancelled.text)
    assert.equal(cancelled.headers.get('etag'), '"2"')
    const repeated = await cancel(once)
    assert.deepEqual([repeated.status, repeated.text], [200, cancelled.text])
    assert.equal(repeated.headers.get('idempotent-replayed'), 'true')
    assertProblem(await cancel({ 'if-match': '"1"' }), 412, 'version_mismatch')
    const refused = await cancel({ 'if-match': 'W/"2"' })
    assertProblem(refused, 409, 'illegal_transition')
    assert.partialDeepStrictEqual(refused.body.order, { status: 'cancelled', version: 2, actions: [] })

    const history = await call(`/orders/${other.id}/history`, { token })
    assert.deepEqual(
      history.body.data.map(({ type }: { type: string }) => type),
      ['placed', 'cancelled'],
    )
    const pending = await call('/orders?status=pending', { token })
    assert.deepEqual([pending.body.meta.count, pending.body.data[0].id], [1, id])
  })

  test('stays logged in by the refresh cookie until the logout', async () => {
    const { email } = await newShopper('rosa')
    const json = { email, password: 'correct horse battery staple' }
    const cookieOf = ({ headers }: Answer) => headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
    const send = (path: string, cookie: string) => call(path, { headers: { cookie }, json: {} })
    const first = cookieOf(await call('/users/login', { json }))
    const refreshed = await send('/users/refresh', first)
    assert.equal(refreshed.status, 200, refreshed.text)
    assert.equal((await call('/users/me', { token: refreshed.body.accessToken })).body.email, email)
    const second = cookieOf(refreshed)
    assert.notEqual(second, first)
    assert.equal((await send('/users/logout', second)).status, 204)
    assertProblem(await send('/users/refresh', second), 401, 'invalid_refresh_token')
  })

  test('gets nothing without a token that verifies', async () => {
    for (const path of ['/orders', `/orders/${randomUUID()}`, '/users/me']) {
      const bare = await call(path)
      assertProblem(bare, 401, 'token_missing')
      assert.equal(bare.headers.get('www-authenticate'), 'Bearer')
    }
    const [header, payload, signature = ''] = dora.token.split('.')
    const turned = signature.startsWith('A') ? 'B' : 'A'
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    const bad = ['nonsense', `${header}.${payload}.${turned}${signature.slice(1)}`, `${none}.${payload}.`]
    for (const token of bad) {
      const answer = await call('/orders', { token })
      assertProblem(answer, 401, 'invalid_token')
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
    }
  })

  test('gets an error for each mistake in an order', async () => {
    const { token } = emil
    const unknown = { productId: randomUUID() }
    assertProblem(await call('/orders', { token, json: unknown }), 404, 'product_not_found')
    const invalid = await call('/orders', {
      token,
      json: { productId: product.id, quantity: 0, userId: dora.id },
    })
    assertProblem(invalid, 400, 'validation_failed')
    const pointers = invalid.body.errors.map((error: { pointer: string }) => error.pointer)
    assert.deepEqual(pointers.sort(), ['/quantity', '/userId'])
    assertProblem(await call('/orders', { token, json: '{"productId":' }), 400, 'bad_request')
    const oversized = { productId: product.id, padding: 'x'.repeat(65 * 1024) }
    assertProblem(await call('/orders', { token, json: oversized }), 413, 'body_too_large')
    const twice = `{"productId":"${product.id}","productId":"${product.id}"}`
    assertProblem(await call('/orders', { token, json: twice }), 400, 'validation_failed')
    const broken = Buffer.from(`{"productId":"${product.id}\xff"}`, 'latin1')
    assertProblem(await call('/orders', { token, json: broken }), 400, 'invalid_encoding')
    const json = { productId: product.id }
    for (const headers of [
      { 'content-encoding': 'gzip' },
      { 'content-type': 'application/json; charset=latin1' },
    ])
      assertProblem(await call('/orders', { token, json, headers }), 415, 'unsupported_media_type')
    const emptyKey = { 'idempotency-key': '' }
    assertProblem(await call('/orders', { token, json, headers: emptyKey }), 400, 'validation_failed')
    assertProblem(await call('/orders?limit=0', { token }), 400, 'validation_failed')
    assertProblem(await call('/orders?status=%ff', { token }), 400, 'invalid_encoding')
    assertProblem(await call('/products', { token, json: { name: 'x' } }), 403, 'role_required')
    const list = await call('/orders', { token })
    assert.equal(list.body.meta.count, 0)
  })
})
