import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { indexWalkPlans } from '@shop/service/database/connection'
import { AppError, NotFoundError, ValidationError } from '@shop/service/errors'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import {
  type AdminListOptions,
  type AdminOrderRepository,
  createAdminOrderRepository,
} from '../../src/db/admin-order-repository.ts'
import { insertOrder, insertProduct, insertUser } from '../app.ts'

let database: TestDatabase
let orders: AdminOrderRepository
const warnings: { rows: { id: string }[] }[] = []

before(async () => {
  database = await createTestDatabase('order_service', { session: indexWalkPlans })
  const logger = { warn: (details: (typeof warnings)[number]) => void warnings.push(details) }
  orders = createAdminOrderRepository(database.db, { logger: logger as never })
})
after(() => database.drop())

for (const [options, parameter] of [
  [{ id: 'x' }, 'id'],
  [{ userId: '' }, 'userId'],
  [{ productId: '*' }, 'productId'],
  [{ number: 'ABC' }, 'number'],
  [{ number: 'ABCD%' }, 'number'],
  [{ trackingNumber: 'a\u0000b' }, 'trackingNumber'],
  [{ trackingNumber: 'x'.repeat(101) }, 'trackingNumber'],
  [{ status: [] }, 'status'],
  [{ status: ['paid', 'lost'] }, 'status'],
  [{ createdFrom: 'yesterday' }, 'createdFrom'],
  [{ createdTo: '2026-02-30T00:00:00Z' }, 'createdTo'],
  [{ createdFrom: '2026-03-01T00:00:00Z', createdTo: '2026-03-01T00:00:00Z' }, 'createdTo'],
  [{ limit: 0 }, 'limit'],
  [{ limit: 101 }, 'limit'],
  [{ countUpTo: 1.5 }, 'countUpTo'],
  [{ countUpTo: 1001 }, 'countUpTo'],
  [{ cursor: 'x' }, 'cursor'],
] as [AdminListOptions, string][]) {
  test(`listOrders refuses ${JSON.stringify(options).slice(0, 80)}`, async () => {
    await assert.rejects(orders.listOrders(options), (error) => {
      assert.ok(error instanceof ValidationError)
      assert.deepEqual(
        error.errors?.map((detail) => 'parameter' in detail && detail.parameter),
        [parameter],
      )
      return true
    })
  })
}

test('listOrders refuses filters that no index combines', async () => {
  const options = { productId: uuidv7(), status: ['paid'] as const }
  await assert.rejects(
    orders.listOrders(options),
    (error) => error instanceof AppError && error.status === 400 && error.code === 'unsupported_filters',
  )
})

test('findOrder refuses what is not an id, and finds no unknown order', async () => {
  await assert.rejects(orders.findOrder('x'), ValidationError)
  await assert.rejects(orders.findOrder(uuidv7()), NotFoundError)
})

test('orders with impossible times are each on one page, and logged', async () => {
  await database.owner.query({ text: 'ALTER TABLE orders DROP CONSTRAINT orders_created_at_check' })
  const [userId, productId] = [await insertUser(database), await insertProduct(database)]
  const times = ['infinity', '20226-03-01', '2026-03-01', '0044-03-15 BC', '-infinity']
  const ids: string[] = []
  // two of each, so that pages end between orders of one time
  for (const createdAt of times.flatMap((time) => [time, time]))
    ids.push(await insertOrder(database, { userId, productId, createdAt }))
  const stored = await database.owner.query<{ id: string }>({
    text: 'SELECT id FROM orders ORDER BY created_at DESC, id DESC',
  })
  for (const filters of [{}, { userId }, { productId }, { status: ['pending', 'paid'] as const }]) {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await orders.listOrders({ ...filters, limit: 3, ...(cursor && { cursor }) })
      seen.push(...page.orders.map(({ id }) => id))
      cursor = page.nextCursor
      assert.ok(seen.length <= ids.length, 'the cursors form a loop')
    } while (cursor)
    assert.deepEqual(
      seen,
      stored.map(({ id }) => id),
    )
  }
  assert.deepEqual(warnings.flatMap(({ rows }) => rows.map(({ id }) => id)).length, 8)
  const { order } = await orders.findOrder(ids[0] as string)
  assert.equal(order.createdAt, '9999-12-31T23:59:59.999Z')
})
