import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { orderStatuses } from '../../src/order.ts'
import { orderNumber } from '../../src/order-number.ts'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'

let context: TestApp
let productId: string

before(async () => {
  context = await createTestApp()
  productId = await insertProduct(context.database)
})
after(() => context.close())

async function list(userId: string, query = '') {
  const response = await context.app.inject({ url: `/orders${query}`, headers: await asUser(userId) })
  return { status: response.statusCode, body: response.json() }
}

const idsOf = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id)

test('GET /orders lists only my orders, newest first', async () => {
  const me = await insertUser(context.database)
  const someoneElse = await insertUser(context.database)
  const middle = await insertOrder(context.database, {
    userId: me,
    productId,
    createdAt: '2026-03-02T00:00Z',
  })
  const newest = await insertOrder(context.database, {
    userId: me,
    productId,
    createdAt: '2026-03-03T00:00Z',
  })
  const oldest = await insertOrder(context.database, {
    userId: me,
    productId,
    createdAt: '2026-03-01T00:00Z',
  })
  await insertOrder(context.database, { userId: someoneElse, productId })

  const answer = await list(me)

  assert.equal(answer.status, 200)
  assert.deepEqual(idsOf(answer), [newest, middle, oldest])
  assert.deepEqual(answer.body.meta, { count: 3, limit: 20, offset: 0, nextCursor: null })
})

test('a trailing slash makes no difference to GET and POST', async () => {
  const me = await insertUser(context.database)
  const headers = await asUser(me)
  const placed = await context.app.inject({ method: 'POST', url: '/orders/', headers, body: { productId } })
  assert.equal(placed.statusCode, 201, placed.body)
  const { id } = placed.json()
  assert.deepEqual(idsOf(await list(me, '/?limit=5')), [id])
  const fetched = await context.app.inject({ url: `/orders/${id}/`, headers })
  assert.deepEqual(fetched.json(), placed.json())
})

test('an order in the list has exactly the documented members', async () => {
  const me = await insertUser(context.database)
  const createdAt = '2026-03-01T09:30:00.123456Z'
  const updatedAt = '2026-03-01T10:00:00Z'
  const id = await insertOrder(context.database, {
    userId: me,
    productId,
    status: 'paid',
    createdAt,
    updatedAt,
  })

  const { body } = await list(me)

  assert.deepEqual(body.data, [
    {
      id,
      number: orderNumber(id),
      version: 2,
      userId: me,
      productId,
      productName: 'Thing',
      itemCount: 1,
      totalAmount: 1250,
      refundedAmount: 0,
      currency: 'EUR',
      status: 'paid',
      createdAt: '2026-03-01T09:30:00.123Z',
      updatedAt: '2026-03-01T10:00:00.000Z',
    },
  ])
})

test('someone without orders, even without a row among the users, gets an empty list', async () => {
  const answer = await list(uuidv7())

  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, { data: [], meta: { count: 0, limit: 20, offset: 0, nextCursor: null } })
})

test('limit and offset choose the page; the count covers all pages, even beyond the end', async () => {
  const me = await insertUser(context.database)
  const ids: string[] = []
  for (let day = 1; day <= 5; day++) {
    ids.unshift(
      await insertOrder(context.database, { userId: me, productId, createdAt: `2026-03-0${day}T00:00Z` }),
    )
  }

  const page = await list(me, '?limit=2&offset=1')
  assert.deepEqual(idsOf(page), ids.slice(1, 3))
  assert.deepEqual(
    { ...page.body.meta, nextCursor: undefined },
    { count: 5, limit: 2, offset: 1, nextCursor: undefined },
  )

  const beyond = await list(me, '?limit=2&offset=10000')
  assert.deepEqual(beyond.body, { data: [], meta: { count: 5, limit: 2, offset: 10_000, nextCursor: null } })
})

test('nextCursor leads through all pages and is null on the last, even if that is full', async () => {
  const me = await insertUser(context.database)
  const ids: string[] = []
  for (let day = 1; day <= 4; day++) {
    ids.unshift(
      await insertOrder(context.database, { userId: me, productId, createdAt: `2026-03-0${day}T00:00Z` }),
    )
  }

  const first = await list(me, '?limit=2')
  assert.deepEqual(idsOf(first), ids.slice(0, 2))
  const second = await list(me, `?limit=2&cursor=${first.body.meta.nextCursor}`)
  assert.deepEqual(idsOf(second), ids.slice(2))
  assert.deepEqual(second.body.meta, { count: 4, limit: 2, offset: 0, nextCursor: null })
})

test('rows that differ by a microsecond, or not at all, are neither skipped nor repeated', async () => {
  const me = await insertUser(context.database)
  const inserted: string[] = []
  for (const createdAt of [
    '2026-03-01T00:00:00.000001Z',
    '2026-03-01T00:00:00.000002Z',
    '2026-03-01T00:00:00.000002Z',
  ]) {
    inserted.push(await insertOrder(context.database, { userId: me, productId, createdAt }))
  }

  const seen: string[] = []
  let query = '?limit=1'
  for (let page = 0; page < 3; page++) {
    const answer = await list(me, query)
    seen.push(...idsOf(answer))
    query = `?limit=1&cursor=${answer.body.meta.nextCursor}`
  }

  const [first, second, third] = inserted as [string, string, string]
  const tied = [second, third].sort().reverse()
  assert.deepEqual(seen, [...tied, first])
})

test('status filters the list and its count', async () => {
  const me = await insertUser(context.database)
  const ids = new Map<string, string>()
  for (const status of orderStatuses)
    ids.set(status, await insertOrder(context.database, { userId: me, productId, status }))

  for (const status of orderStatuses) {
    const answer = await list(me, `?status=${status}`)
    assert.deepEqual(idsOf(answer), [ids.get(status)])
    assert.equal(answer.body.meta.count, 1)
  }
})

test("another user's cursor is refused", async () => {
  const me = await insertUser(context.database)
  const someoneElse = await insertUser(context.database)
  for (const userId of [me, me, someoneElse, someoneElse])
    await insertOrder(context.database, { userId, productId })

  const theirs = await list(someoneElse, '?limit=1')
  const answer = await list(me, `?cursor=${theirs.body.meta.nextCursor}`)

  assert.equal(answer.status, 400)
  assert.equal(answer.body.errors[0].parameter, 'cursor')
})

test('no cache may store a list', async () => {
  const headers = await asUser(await insertUser(context.database))
  for (const url of ['/orders', `/orders/${uuidv7()}`]) {
    assert.equal((await context.app.inject({ url, headers })).headers['cache-control'], 'no-store')
  }
})

test('a list takes one database round trip', async (t) => {
  const me = await insertUser(context.database)
  const { pipeline, database } = context
  const calls = [t.mock.method(pipeline, 'queryTexts'), t.mock.method(database.db, 'queryTexts')]
  await list(me, '?limit=5&status=paid')
  assert.deepEqual(
    calls.map(({ mock }) => mock.callCount()),
    [1, 0],
  )
})
