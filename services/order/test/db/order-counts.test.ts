import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Queryable } from '@shop/service/database/database'
import { ServiceUnavailableError } from '@shop/service/errors'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import fc from 'fast-check'
import { orderStatuses } from '../../src/order.ts'
import { insertOrder, insertProduct, insertUser } from '../app.ts'

let database: TestDatabase
let productId: string

before(async () => {
  database = await createTestDatabase('order_service')
  productId = await insertProduct(database)
  // the counts hold for changes that these would refuse, too
  for (const guard of ['review_new_orders', 'review_changed_order'])
    await database.owner.query({ text: `ALTER TABLE orders DISABLE TRIGGER ${guard}` })
})
after(() => database.drop())

/**
 * Returns the counts from the triggers and the actual ones, without zeros, because a count of zero stays as a
 * row.
 */
async function counts(users: string[]) {
  const kept = await database.owner.query({
    text: `SELECT user_id, status, count::int FROM order_counts WHERE user_id = ANY ($1) AND count <> 0 ORDER BY 1, 2`,
    values: [users],
  })
  const actual = await database.owner.query({
    text: `SELECT user_id, status, count(*)::int FROM orders WHERE user_id = ANY ($1) GROUP BY 1, 2 ORDER BY 1, 2`,
    values: [users],
  })
  return { kept, actual }
}

const status = fc.constantFrom(...orderStatuses)
const user = fc.nat(2)
const step = fc.oneof(
  fc.record({ do: fc.constant('insert' as const), user, status, rows: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constant('change' as const), user, from: status, to: status }),
  fc.record({ do: fc.constant('give' as const), user, to: user }),
  fc.record({ do: fc.constant('delete' as const), user, status }),
  fc.record({ do: fc.constant('touch' as const), user }),
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

function run(tx: Queryable, users: string[], step: Step) {
  const userId = users[step.user]
  switch (step.do) {
    case 'insert':
      return tx.query({
        text: `INSERT INTO orders (user_id, product_id, status, product_name, quantity, unit_amount, currency)
               SELECT $1, $2, $3, 'Thing', 1, 1, 'EUR' FROM generate_series(1, $4)`,
        values: [userId, productId, step.status, step.rows],
      })
    case 'change':
      return tx.query({
        text: `UPDATE orders SET status = $3, refunded_amount = CASE $3 WHEN 'refunded' THEN total_amount ELSE 0 END
               WHERE user_id = $1 AND status = $2`,
        values: [userId, step.from, step.to],
      })
    case 'give':
      return tx.query({
        text: 'UPDATE orders SET user_id = $2 WHERE user_id = $1',
        values: [userId, users[step.to]],
      })
    case 'delete':
      return tx.query({
        text: 'DELETE FROM orders WHERE user_id = $1 AND status = $2',
        values: [userId, step.status],
      })
    case 'touch':
      return tx.query({ text: 'UPDATE orders SET updated_at = now() WHERE user_id = $1', values: [userId] })
  }
}

test('after any concurrent mix of changes and rollbacks, the counts are those of the rows', async () => {
  const transaction = fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    rollback: fc.boolean(),
  })
  const rolledBack = new Error('rolled back')
  await fc.assert(
    fc.asyncProperty(fc.array(transaction, { minLength: 1, maxLength: 6 }), async (transactions) => {
      const users = [await insertUser(database), await insertUser(database), await insertUser(database)]
      await Promise.all(
        transactions.map(({ steps, rollback }) =>
          database.owner
            .transaction(async (tx) => {
              for (const each of steps) await run(tx, users, each)
              if (rollback) throw rolledBack
            })
            // a transaction that lost every conflict was also rolled back
            .catch((error) =>
              assert.ok(error === rolledBack || error instanceof ServiceUnavailableError, error),
            ),
        ),
      )
      const { kept, actual } = await counts(users)
      assert.deepEqual(kept, actual)
    }),
    { numRuns: 60, interruptAfterTimeLimit: 20_000 },
  )
})

test('a truncated table counts nothing', async () => {
  const other = await createTestDatabase('order_service')
  try {
    const userId = await insertUser(other)
    await insertOrder(other, { userId, productId: await insertProduct(other) })
    await other.owner.query({ text: 'TRUNCATE orders CASCADE' })
    assert.deepEqual(await other.owner.query({ text: 'SELECT * FROM order_counts' }), [])
  } finally {
    await other.drop()
  }
})
