import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShopError } from '../src/errors.ts'
import { createOperator } from '../src/operator.ts'
import { createShop, type ShopOptions } from '../src/shop.ts'
import { problem, type Scripted, startScript } from './answers.ts'

const productId = '00000000-0000-7000-8000-0000000f0001'
const id = '00000000-0000-7000-8000-0000000e0001'
const order = { id, version: 3 }
const fetched: Scripted = { status: 200, json: { id, version: 4 } }
const list = (ids: string[], nextCursor: string | null): Scripted => ({
  status: 200,
  json: { data: ids.map((id) => ({ id })), meta: { count: 3, limit: 2, offset: 0, nextCursor } },
})

test('an order is placed with a key of its own, which all attempts share', async (t) => {
  const { baseUrl, sent } = await startScript(t, 'cut', problem(503, 'overloaded'), {
    status: 201,
    json: order,
  })
  const { orders } = createShop({ baseUrl, token: 't1' })
  assert.deepEqual(await orders.place({ items: [{ productId, quantity: 2 }] }), order)
  await orders.place({ productId }, { idempotencyKey: 'mine' })
  const keys = sent.map(({ headers }) => headers['idempotency-key'])
  assert.match(String(keys[0]), /^[0-9a-f]{32}$/)
  assert.deepEqual(keys, [keys[0], keys[0], keys[0], 'mine'])
  assert.deepEqual(JSON.parse(sent[0]?.body ?? ''), { items: [{ productId, quantity: 2 }] })
  await orders.place({ productId })
  assert.notEqual(sent[4]?.headers['idempotency-key'], keys[0])
})

test('a list is iterated over by its cursors, by rows or by pages, from the start or from a cursor', async (t) => {
  const pages = [list(['a', 'b'], 'next'), list(['c'], null)]
  const { baseUrl, sent } = await startScript(t, ...pages, ...pages, list(['c'], null))
  const { orders } = createShop({ baseUrl, token: 't1' })
  const ids: string[] = []
  for await (const { id } of orders.list({ status: 'pending', limit: 2 })) ids.push(id)
  assert.deepEqual(ids, ['a', 'b', 'c'])
  const sizes: number[] = []
  for await (const { data } of orders.list({ limit: 2 }).pages()) sizes.push(data.length)
  assert.deepEqual(sizes, [2, 1])
  for await (const { id } of orders.list({ cursor: 'next' })) assert.equal(id, 'c')
  assert.deepEqual(
    sent.map(({ url }) => url),
    [
      '/orders?status=pending&limit=2',
      '/orders?status=pending&limit=2&cursor=next',
      '/orders?limit=2',
      '/orders?limit=2&cursor=next',
      '/orders?cursor=next',
    ],
  )
})

test('a change sends the version that was seen, or none with an id alone', async (t) => {
  const { baseUrl, sent } = await startScript(t, fetched)
  const shop = createShop({ baseUrl, token: 't1' })
  const operator = createOperator({ baseUrl, token: 't1' })
  await shop.orders.cancel(order, { reason: 'Ordered by mistake' })
  await shop.orders.cancel(id)
  await operator.orders.pay(order, { reference: 'pi_1' })
  await operator.orders.deliver(order)
  await operator.orders.refund(id, { reason: 'Broken', amount: 5 }, { idempotencyKey: 'refund-1' })
  assert.deepEqual(
    sent.map(({ method, url, headers, body }) => [method, url, headers['if-match'], JSON.parse(body)]),
    [
      ['POST', `/orders/${id}/cancel`, '"3"', { reason: 'Ordered by mistake' }],
      ['POST', `/orders/${id}/cancel`, undefined, {}],
      ['POST', `/admin/orders/${id}/pay`, '"3"', { reference: 'pi_1' }],
      ['POST', `/admin/orders/${id}/deliver`, '"3"', {}],
      ['POST', `/admin/orders/${id}/refund`, undefined, { reason: 'Broken', amount: 5 }],
    ],
  )
  const keys = sent.map(({ headers }) => headers['idempotency-key'])
  assert.equal(new Set(keys).size, 5)
  assert.equal(keys[4], 'refund-1')
})

test('the code of an error narrows its type', async (t) => {
  const current = { id, status: 'paid', version: 4, actions: [], lastEvent: { type: 'paid', at: 'now' } }
  const errors = [{ pointer: '/items/0/quantity', detail: 'must be >= 1' }]
  const { baseUrl } = await startScript(
    t,
    problem(412, 'version_mismatch', { order: current }),
    problem(400, 'validation_failed', { errors }),
  )
  const { orders } = createShop({ baseUrl, token: 't1' })
  const caught = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => assert.fail(),
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof ShopError && error instanceof Error)
    return error
  }
  const mismatch = await caught(orders.cancel(order))
  if (mismatch.code !== 'version_mismatch') assert.fail(mismatch)
  assert.equal(mismatch.order.version, 4)
  assert.deepEqual(
    [mismatch.name, mismatch.status, mismatch.message, mismatch.requestId],
    ['ShopError', 412, 'about version_mismatch', 'r1'],
  )
  const invalid = await caught(orders.place({ items: [] }))
  if (invalid.code !== 'validation_failed') assert.fail(invalid)
  assert.equal(invalid.errors[0]?.pointer, '/items/0/quantity')
})

test('an error that is no problem of the API has a code too', async (t) => {
  for (const script of [
    { status: 502, text: '<html>' },
    { status: 418, json: 'tea' },
  ] satisfies Scripted[]) {
    const { baseUrl } = await startScript(t, script)
    const { orders } = createShop({ baseUrl, retry: { attempts: 1 } })
    await assert.rejects(
      orders.get(id),
      (error) =>
        error instanceof ShopError && error.code === 'unexpected_answer' && error.status === script.status,
    )
  }
})

test('the catalogue is read without a token', async (t) => {
  const { baseUrl, sent } = await startScript(t, list(['a'], null), fetched)
  const { products } = createShop({ baseUrl, token: () => assert.fail('no token is needed') })
  for await (const { id } of products.list()) assert.equal(id, 'a')
  await products.get(productId)
  assert.deepEqual(
    sent.map(({ url, headers }) => [url, headers.authorization]),
    [
      ['/products', undefined],
      [`/products/${productId}`, undefined],
    ],
  )
})

test('an export link is a whole address', async (t) => {
  const answer: Scripted = {
    status: 201,
    json: { url: '/orders/export/download?token=x', expiresAt: 'soon' },
  }
  const { baseUrl } = await startScript(t, answer)
  const { url } = await createShop({ baseUrl, token: 't1' }).orders.exportLink({ format: 'csv' })
  assert.equal(url, `${baseUrl}/orders/export/download?token=x`)
})

test('an id that would lead to another path is refused before it is sent', async (t) => {
  const { baseUrl, sent } = await startScript(t, fetched)
  const { orders } = createShop({ baseUrl })
  for (const bad of ['..', '', 'a/b', '%2e%2e', 'a?b'])
    await assert.rejects(orders.get(bad), { name: 'TypeError', message: `id: ${bad} cannot be an id` })
  assert.equal(sent.length, 0)
})

test('an address that is none is refused at the start', () => {
  for (const baseUrl of [undefined, '', 'shop.example.com', 'file:///shop', 'https://'])
    assert.throws(() => createShop((baseUrl === undefined ? {} : { baseUrl }) as ShopOptions), {
      name: 'TypeError',
      message: `baseUrl: expected the http(s) address of the shop's gateway, got ${baseUrl}`,
    })
})
