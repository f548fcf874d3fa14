import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { NotFoundError } from '@shop/service/errors'
import { isUuid } from '@shop/service/schemas'
import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { createOrderRepository } from '../../src/db/order-repository.ts'
import { orderStatuses } from '../../src/order.ts'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'

let context: TestApp
let productId: string

const priced = { productName: 'Thing', quantity: 1, unitAmount: 1250 }

/** Returns a new order of one thing. */
const orderOf = (userId: string, product = productId) => ({
  userId,
  items: [{ ...priced, productId: product }],
  currency: 'EUR',
})

before(async () => {
  context = await createTestApp()
  productId = await insertProduct(context.database)
})
after(() => context.close())

test('createOrder stores a pending order and returns it as findOrder does', async () => {
  const { orders, database } = context
  const userId = await insertUser(database)

  const created = await orders.createOrder(orderOf(userId))

  assert.ok(isUuid(created.id))
  assert.equal(created.status, 'pending')
  assert.equal(created.totalAmount, 1250)
  assert.equal(created.createdAt, created.updatedAt)
  assert.ok(Math.abs(Date.parse(created.createdAt) - Date.now()) < 60_000)
  assert.deepEqual(await orders.findOrder(userId, created.id), created)
})

test('createOrder for an unknown user or product throws NotFoundError and stores nothing', async () => {
  const { orders, database } = context
  const userId = await insertUser(database)
  await assert.rejects(orders.createOrder(orderOf(uuidv7())), new NotFoundError('user'))
  await assert.rejects(orders.createOrder(orderOf(userId, uuidv7())), new NotFoundError('product'))
  const onlySecondIsUnknown = [...orderOf(userId).items, { ...priced, productId: uuidv7() }]
  await assert.rejects(
    orders.createOrder({ ...orderOf(userId), items: onlySecondIsUnknown }),
    new NotFoundError('product'),
  )
  assert.equal((await orders.listOrdersByUser(userId)).count, 0)
})

test('a refused order does not cost the pool its connection', async () => {
  const { orders, database } = context
  const backend = () => database.db.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid' })
  const [before] = await backend()
  await assert.rejects(orders.createOrder(orderOf(uuidv7())))
  const [after] = await backend()
  assert.deepEqual(after, before)
})

test('the rows have the types that the repository relies on', async () => {
  const { database } = context
  const userId = await insertUser(database)
  await insertOrder(database, { userId, productId, createdAt: '2026-03-01T09:30:00.120000Z' })
  const [row] = await database.db.query({
    text: 'SELECT id, status, created_at, count(*) OVER ()::int AS count FROM orders WHERE user_id = $1',
    values: [userId],
  })
  const { id, ...rest } = row as { id: unknown }
  assert.equal(typeof id, 'string')
  assert.deepEqual(rest, { status: 'pending', created_at: '2026-03-01 09:30:00.12+00', count: 1 })
})

test('paging by offset and by cursor agree with a sorted list, whatever the times and statuses', async () => {
  const { orders, database } = context
  // few distinct times, so that there are many ties
  const time = fc
    .integer({ min: 0, max: 3 })
    .map((microsecond) => `2026-03-01 00:00:00.00000${microsecond}+00`)
  const anOrder = fc.record({ createdAt: time, status: fc.constantFrom(...orderStatuses) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(anOrder, { maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      fc.option(fc.constantFrom(...orderStatuses), { nil: undefined }),
      async (given, limit, status) => {
        const userId = await insertUser(database)
        const stored: { id: string; createdAt: string; status: string }[] = []
        for (const order of given)
          stored.push({ ...order, id: await insertOrder(database, { userId, productId, ...order }) })
        const expected = stored
          .filter((order) => status === undefined || order.status === status)
          .sort((a, b) => (a.createdAt + a.id < b.createdAt + b.id ? 1 : -1))
          .map(({ id }) => id)

        const byOffset: string[] = []
        for (let offset = 0; offset <= expected.length; offset += limit) {
          const page = await orders.listOrdersByUser(userId, { limit, offset, status })
          assert.equal(page.count, expected.length)
          byOffset.push(...page.orders.map(({ id }) => id))
        }
        assert.deepEqual(byOffset, expected)
        assert.deepEqual(await idsByCursor(userId, { limit, status }), expected)
      },
    ),
    { numRuns: 40 },
  )
})

test('paging by cursor sees every order that was there at the start once, while others are placed', async () => {
  const { orders, database } = context
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 8 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.nat(2), { maxLength: 8 }),
      async (count, limit, placedMeanwhile) => {
        const userId = await insertUser(database)
        const atStart: string[] = []
        for (let i = 0; i < count; i++) atStart.unshift(await insertOrder(database, { userId, productId }))

        const turns = placedMeanwhile.values()
        const seen = await idsByCursor(userId, { limit }, async () => {
          const { value = 0 } = turns.next()
          for (let i = 0; i < value; i++) await orders.createOrder(orderOf(userId))
        })
        assert.deepEqual(seen, atStart)
      },
    ),
    { numRuns: 30 },
  )
})

async function idsByCursor(
  userId: string,
  options: { limit: number; status?: (typeof orderStatuses)[number] | undefined },
  afterEachPage: () => Promise<void> = async () => {},
): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await context.orders.listOrdersByUser(userId, { ...options, cursor })
    ids.push(...page.orders.map(({ id }) => id))
    await afterEachPage()
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return ids
}

test("one user's list never holds another's orders, also under concurrent writes", async () => {
  const { database } = context
  const orders = createOrderRepository(database.db)
  const users = await Promise.all([insertUser(database), insertUser(database), insertUser(database)])
  await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const userId = users[i % users.length] as string
      await orders.createOrder(orderOf(userId))
      const page = await orders.listOrdersByUser(userId, { limit: 100 })
      assert.ok(page.orders.every((order) => order.userId === userId))
    }),
  )
  for (const userId of users) assert.equal((await orders.listOrdersByUser(userId)).count, 20)
})
