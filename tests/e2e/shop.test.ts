import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { anyProduct, assertProblem, call, logIn, newShopper, type Shopper } from './shop-client.ts'

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
      quantity: 2,
      unitAmount: product.unitAmount,
      totalAmount: 2 * product.unitAmount,
      currency: product.currency,
      status: 'pending',
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
    assert.deepEqual(list.body, {
      data: [placed.body],
      meta: { count: 1, limit: 20, offset: 0, nextCursor: null },
    })
    const fetched = await call(`/orders/${id}`, { token: dora.token })
    assert.equal(fetched.status, 200)
    assert.deepEqual(fetched.body, placed.body)
  })

  test('pages through her orders, newest first', async () => {
    const shopper = await newShopper('paula')
    const placed: string[] = []
    for (let i = 0; i < 3; i++) {
      const { body } = await call('/orders', { token: shopper.token, json: { productId: product.id } })
      placed.unshift(body.id)
    }
    const first = await call('/orders?limit=2&status=pending', { token: shopper.token })
    const { nextCursor, count } = first.body.meta
    const second = await call(`/orders?limit=2&status=pending&cursor=${nextCursor}`, { token: shopper.token })
    const ids = [...first.body.data, ...second.body.data].map((order) => order.id)
    assert.deepEqual(ids, placed)
    assert.equal(count, 3)
    assert.equal(second.body.meta.nextCursor, null)
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
