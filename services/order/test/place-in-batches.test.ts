import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ServiceUnavailableError } from '@shop/service/errors'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import type { ProductClient } from '../src/clients/product-client.ts'
import { takeKey } from '../src/db/idempotency-repository.ts'
import { insertProduct, insertUser, productClient } from './app.ts'
import { outcomesOf, type PlacingDatabase, type PlacingOptions, startPlacing, thing } from './placing.ts'

let database: TestDatabase
let productId: string
let users: string[]

before(async () => {
  database = await createTestDatabase('order_service')
  productId = await insertProduct(database)
  users = await Promise.all(Array.from({ length: 20 }, () => insertUser(database)))
})
after(() => database.drop())

/** Returns what places orders on the test's database. */
const setUp = ({ db = database.db, ...options }: PlacingOptions & { db?: PlacingDatabase } = {}) =>
  startPlacing(db, productId, options)

async function countOf(userId: string): Promise<number> {
  const [row] = await database.owner.query<{ count: number }>({
    text: 'SELECT count(*)::int AS count FROM orders WHERE user_id = $1',
    values: [userId],
  })
  return row?.count ?? 0
}

test('orders that come together are looked up by one call and stored by one statement', async () => {
  const asked: string[][] = []
  const catalogue = productClient(() => thing)
  const products: ProductClient = {
    getProducts(ids, context) {
      asked.push([...ids])
      return catalogue.getProducts(ids, context)
    },
  }
  const { place, batches } = setUp({ products })
  const answers = await Promise.all(
    users.map((userId, n) => place(userId, { items: [{ productId, quantity: n + 1 }] })),
  )
  assert.deepEqual(asked, [[productId]])
  assert.deepEqual(batches(), [users.length])
  for (const [n, { body, location }] of answers.entries()) {
    const order = JSON.parse(body)
    assert.equal(location, `/orders/${order.id}`)
    assert.deepEqual([order.userId, order.totalAmount], [users[n], 1250 * (n + 1)])
  }
})

test('a batch has at most 64 orders, and two batches are under way at most', async () => {
  let underWay = 0
  const { place, batches } = setUp({
    db: {
      ...database.db,
      async queryTexts(statement) {
        assert.ok(++underWay <= 2)
        const rows = await database.db.queryTexts(statement)
        underWay--
        return rows
      },
    },
  })
  await Promise.all(Array.from({ length: 150 }, (_, n) => place(users[n % users.length] as string)))
  assert.ok(Math.max(...batches()) <= 64, String(batches()))
  assert.equal(
    batches().reduce((sum, size) => sum + size, 0),
    150,
  )
})

test('users without an account cost the orders beside them no further statement', async () => {
  const { place, batches } = setUp()
  const together = users.flatMap((userId) => [userId, uuidv7()])
  const outcomes = await outcomesOf(together.map((userId, n) => place(userId, { idempotencyKey: `a${n}` })))
  assert.deepEqual(
    outcomes,
    users.flatMap(() => [201, 'unknown_user']),
  )
  assert.deepEqual(batches(), [together.length])
})

test('a user who has got an account can order with the key of the refused order', async () => {
  const { place } = setUp()
  const newcomer = uuidv7()
  await assert.rejects(place(newcomer, { idempotencyKey: 'a' }), { code: 'unknown_user' })
  await database.owner.query({
    text: `INSERT INTO users (id, email, password_hash, name) VALUES ($1, $2, '$argon2id$none', 'New')`,
    values: [newcomer, `${newcomer}@example.com`],
  })
  assert.equal((await place(newcomer, { idempotencyKey: 'a' })).replayed, false)
})

test('a product that the database lacks makes only its own order fail, and few statements find it', async () => {
  const { place, batches } = setUp()
  const missing = { items: [{ productId: uuidv7(), quantity: 1 }] }
  const outcomes = await outcomesOf(
    users.slice(0, 16).map((userId, n) => place(userId, n === 7 ? missing : undefined)),
  )
  assert.deepEqual(
    outcomes,
    outcomes.map((_, n) => (n === 7 ? 'product_not_found' : 201)),
  )
  assert.deepEqual(batches(), [16, 8, 4, 4, 2, 2, 1, 1, 8])
})

test('a key that a statement elsewhere holds makes only its own order wait, and end as in progress', async () => {
  const { place } = setUp()
  const [me, other] = users as [string, string]
  const failure = new Error('it came to nothing')
  const holding = database.db.transaction(async (tx) => {
    await takeKey(tx, { userId: me, key: 'held', fingerprint: '00', orderId: uuidv7() })
    const outcomes = await outcomesOf([
      place(me, { idempotencyKey: 'held' }),
      place(me),
      place(other, { idempotencyKey: 'held' }),
    ])
    assert.deepEqual(outcomes, ['idempotency_in_progress', 201, 201])
    throw failure
  })
  await assert.rejects(holding, failure)
})

test('a twin on another replica waits for the first one, and gets its answer', async () => {
  const one = setUp()
  const other = setUp()
  const me = await insertUser(database)
  for (let n = 0; n < 20; n++) {
    const twin = { idempotencyKey: `twin-${n}` }
    const answers = await Promise.all([one.place(me, twin), other.place(me, twin)])
    assert.equal(new Set(answers.map(({ body }) => body)).size, 1)
    assert.deepEqual(answers.map(({ replayed }) => replayed).sort(), [false, true])
  }
  assert.equal(await countOf(me), 20)
})

test('a request that comes with the key of one under way, but asks for more, is a 422 once that one is done', async () => {
  const { place } = setUp()
  const me = await insertUser(database)
  const outcomes = await outcomesOf([
    place(me, { idempotencyKey: 'a' }),
    place(me, { idempotencyKey: 'a', items: [{ productId, quantity: 2 }] }),
  ])
  assert.deepEqual(outcomes, [201, 'idempotency_key_reused'])
})

test('the failure of the first one of two twins is that of both, and the key is free', async () => {
  let failure: Error | undefined = new ServiceUnavailableError('upstream_unavailable', '')
  const { place } = setUp({
    products: productClient(() => {
      if (failure) throw failure
      return thing
    }),
  })
  const me = await insertUser(database)
  const placing = () => place(me, { idempotencyKey: 'a' })
  assert.deepEqual(await outcomesOf([placing(), placing()]), ['upstream_unavailable', 'upstream_unavailable'])
  failure = undefined
  assert.equal((await placing()).replayed, false)
})

test('a batch that the database does not answer fails as a whole, and its keys are free to be repeated', async () => {
  let isAway = true
  const { place } = setUp({
    db: {
      ...database.db,
      async queryTexts(statement) {
        const rows = await database.db.queryTexts(statement)
        // after the statement, so that the orders are stored although nobody learns of it
        if (isAway && statement.name === 'insert-orders')
          throw new ServiceUnavailableError('database_unavailable', '')
        return rows
      },
    },
  })
  const me = await insertUser(database)
  const placing = () => ['a', 'b', 'c'].map((idempotencyKey) => place(me, { idempotencyKey }))
  assert.deepEqual(await outcomesOf(placing()), Array(3).fill('database_unavailable'))
  isAway = false
  const repeated = await Promise.all(placing())
  assert.deepEqual(
    repeated.map(({ replayed }) => replayed),
    [true, true, true],
  )
  assert.equal(await countOf(me), 3)
})

test('the call of a batch has an id of its own, and the log says for which requests', async () => {
  const seen: string[] = []
  const { place, logLines } = setUp({
    products: {
      getProducts: async (_ids, { requestId, log }) => {
        seen.push(requestId)
        log.warn('slow')
        return new Map([[productId, { id: productId, ...thing }]])
      },
    },
  })
  await Promise.all([place(users[0] as string), place(users[1] as string)])
  const line = JSON.parse(logLines.find((each) => each.includes('slow')) as string)
  assert.equal(line.requestId, seen[0])
  assert.equal(line.requestIds.length, 2)
  assert.ok(!line.requestIds.includes(seen[0]))
})

test('with batches of one user, no statement has orders of two', async () => {
  const { place, statements } = setUp({ batchesOfOneUser: true })
  const [me, other] = users as [string, string]
  await Promise.all([place(me), place(other), place(me), place(other), place(me)])
  const usersOf = statements.map(({ values }) => new Set(String(values[1]).slice(1, -1).split(',')).size)
  assert.deepEqual(usersOf, [1, 1])
})
