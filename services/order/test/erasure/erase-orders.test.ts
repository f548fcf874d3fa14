import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { orderStatuses } from '../../src/order.ts'
import { closedStatuses } from '../../src/transitions.ts'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'

let context: TestApp
let productId: string

before(async () => {
  context = await createTestApp()
  productId = await insertProduct(context.database)
})
after(() => context.close())

async function erase(userId: string, operator: string = uuidv7()) {
  const headers = await asUser(operator, 'admin')
  return context.app.inject({ method: 'POST', url: '/admin/erasures', headers, body: { userId } })
}

async function place(owner: string) {
  const response = await context.app.inject({
    method: 'POST',
    url: '/orders',
    headers: await asUser(owner),
    body: { productId, metadata: { to: 'be erased' } },
  })
  assert.equal(response.statusCode, 201, response.body)
  return response.json().id as string
}

async function act(orderId: string, verb: string, body: object = {}) {
  const response = await context.app.inject({
    method: 'POST',
    url: `/admin/orders/${orderId}/${verb}`,
    headers: await asUser(uuidv7(), 'admin'),
    body,
  })
  assert.equal(response.statusCode, 200, response.body)
}

async function historyOf(orderId: string) {
  const response = await context.app.inject({
    url: `/admin/orders/${orderId}/history`,
    headers: await asUser(uuidv7(), 'admin'),
  })
  return response.json().data as Record<string, unknown>[]
}

async function metadataOf(owner: string, orderId: string) {
  const response = await context.app.inject({ url: `/orders/${orderId}`, headers: await asUser(owner) })
  return response.json().metadata
}

test('an erasure is an event of the order, by the operator who asked, and its owner sees it', async () => {
  const owner = await insertUser(context.database)
  const operator = uuidv7()
  const id = await place(owner)
  await act(id, 'cancel', { reason: 'lives elsewhere' })
  assert.equal((await erase(owner, operator)).statusCode, 200)

  const last = (await historyOf(id)).at(-1)
  assert.deepEqual(
    { ...last, at: null },
    {
      version: 3,
      type: 'erased',
      status: 'cancelled',
      at: null,
      actor: { id: operator, role: 'admin' },
      amount: null,
      data: {},
    },
  )
  const own = await context.app.inject({ url: `/orders/${id}/history`, headers: await asUser(owner) })
  assert.deepEqual(
    own.json().data.map(({ type, data }: Record<string, unknown>) => [type, data]),
    [
      ['placed', {}],
      ['cancelled', {}],
      ['erased', {}],
    ],
  )
  const order = await context.app.inject({ url: `/orders/${id}`, headers: await asUser(owner) })
  assert.deepEqual([order.json().version, order.json().updatedAt], [3, last?.at])
})

test('a second request erases nothing again, but what was added since', async () => {
  const owner = await insertUser(context.database)
  const id = await place(owner)
  await act(id, 'cancel', { reason: 'lives elsewhere' })
  const first = (await erase(owner)).json()
  const second = (await erase(owner)).json()
  assert.deepEqual([first.erased, second.erased], [1, 1])
  assert.ok(second.requestedAt >= first.requestedAt)
  assert.equal((await historyOf(id)).length, 3)

  await act(id, 'note', { note: 'called from another number' })
  assert.equal((await erase(owner)).json().erased, 2)
  const history = await historyOf(id)
  assert.deepEqual(
    history.map(({ type, data }) => [type, data]),
    [
      ['placed', {}],
      ['cancelled', {}],
      ['erased', {}],
      ['noted', {}],
      ['erased', {}],
    ],
  )
})

test('exactly the orders in a closed status are erased, and only those of the user', async () => {
  const owner = await insertUser(context.database)
  const other = await insertUser(context.database)
  for (const userId of [owner, other]) {
    for (const status of orderStatuses) await insertOrder(context.database, { userId, productId, status })
  }
  const fill = `UPDATE orders SET metadata = '{"to": "be erased"}', version = version + 1,
      updated_at = updated_at + interval '1 second' WHERE user_id = ANY ($1) RETURNING *`
  await context.database.owner.query({
    text: `WITH changed AS (${fill})
           INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at)
           SELECT gen_random_uuid(), user_id, id, version, 'noted', status, '{}', updated_at FROM changed`,
    values: [[owner, other]],
  })
  const response = await erase(owner)
  assert.equal(response.statusCode, 202)
  assert.equal(response.json().waiting, orderStatuses.length - closedStatuses.length)
  const rows = await context.database.owner.query<{ user_id: string; status: string }>({
    text: 'SELECT user_id, status FROM orders WHERE user_id = ANY ($1) AND metadata IS NULL',
    values: [[owner, other]],
  })
  assert.deepEqual(
    rows.map(({ user_id, status }) => [user_id, status]).sort(),
    closedStatuses.map((status) => [owner, status]).sort(),
  )
})

test('an order that is placed after the request is not erased by it', async () => {
  const owner = await insertUser(context.database)
  const before = await place(owner)
  const { requestedAt } = (await erase(owner)).json()
  const later = await place(owner)
  for (const id of [before, later]) await act(id, 'cancel', { reason: 'no longer wanted' })
  const sweep = await context.erasures.eraseSlice(owner, { position: undefined, limit: 200 })
  assert.deepEqual(sweep, { erased: 1, waiting: 0, next: undefined })
  assert.equal(await metadataOf(owner, before), null)
  assert.deepEqual(await metadataOf(owner, later), { to: 'be erased' })

  const renewed = (await erase(owner)).json()
  assert.ok(renewed.requestedAt > requestedAt)
  assert.equal(await metadataOf(owner, later), null)
})

test('a user without orders, even without an account, has nothing to erase', async () => {
  const userId = uuidv7()
  const response = await erase(userId.toUpperCase())
  assert.equal(response.statusCode, 200, response.body)
  assert.equal(response.headers.location, `/admin/erasures/${userId}`)
  const { requestedAt, completedAt, ...rest } = response.json()
  assert.deepEqual(rest, { userId, erased: 0, waiting: 0 })
  assert.ok(requestedAt <= completedAt)
  const headers = await asUser(uuidv7(), 'admin')
  const again = await context.app.inject({ url: response.headers.location, headers })
  assert.deepEqual(again.json(), response.json())
})

test('only operators may ask for an erasure or see one', async () => {
  const owner = await insertUser(context.database)
  await erase(owner)
  for (const request of [
    { method: 'POST' as const, url: '/admin/erasures', body: { userId: owner } },
    { url: `/admin/erasures/${owner}` },
  ]) {
    const own = await context.app.inject({ ...request, headers: await asUser(owner) })
    assert.equal(own.statusCode, 403)
    assert.equal((await context.app.inject(request)).statusCode, 401)
  }
})

test('an erasure that nobody has asked for is a 404, and a malformed request a 400', async () => {
  const headers = await asUser(uuidv7(), 'admin')
  const missing = await context.app.inject({ url: `/admin/erasures/${uuidv7()}`, headers })
  assert.deepEqual([missing.statusCode, missing.json().code], [404, 'erasure_not_found'])
  assert.equal((await context.app.inject({ url: '/admin/erasures/x', headers })).statusCode, 400)
  for (const body of [{}, { userId: 'x' }, { userId: uuidv7(), all: true }]) {
    const response = await context.app.inject({ method: 'POST', url: '/admin/erasures', headers, body })
    assert.equal(response.statusCode, 400)
  }
})
