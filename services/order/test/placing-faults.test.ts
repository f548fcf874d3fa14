import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createDatabase } from '@shop/service/database/database'
import { BadGatewayError, ServiceUnavailableError } from '@shop/service/errors'
import { createLogger } from '@shop/service/logger'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import type { Product, ProductClient } from '../src/clients/product-client.ts'
import type { OrderDetails } from '../src/order.ts'
import { insertProduct, insertUser } from './app.ts'
import { historyFaults } from './history-faults.ts'
import { outcomesOf, type PlacingDatabase, type PlacingOptions, startPlacing, thing } from './placing.ts'

let database: TestDatabase
let productId: string
let users: string[]

before(async () => {
  database = await createTestDatabase('order_service')
  productId = await insertProduct(database)
  users = await Promise.all(Array.from({ length: 4 }, () => insertUser(database)))
})
after(async () => {
  assert.deepEqual(await historyFaults(database.owner), [])
  await database.drop()
})

const setUp = ({ db = database.db, ...options }: PlacingOptions & { db?: PlacingDatabase } = {}) =>
  startPlacing(db, productId, options)

/** Connects as another replica does, in `session` and with `config`. */
function connect(
  t: TestContext,
  session: Record<string, string>,
  config: { databasePoolSize?: number; databaseConnectTimeoutMs?: number } = {},
) {
  const logger = createLogger({ name: 'test', level: 'silent' })
  const db = createDatabase(
    { ...database.configOf('order_service'), ...config },
    { name: 'test', logger, session },
  )
  t.after(() => db.close())
  return db
}

const me = () => users[0] as string

async function countOf(userId: string): Promise<number> {
  const [row] = await database.owner.query<{ count: number }>({
    text: 'SELECT count(*)::int AS count FROM orders WHERE user_id = $1',
    values: [userId],
  })
  return row?.count ?? 0
}

const lockCount = (userId: string) => ({
  text: `SELECT FROM order_counts WHERE user_id = $1 FOR UPDATE`,
  values: [userId],
})

/** Returns a catalogue whose calls end when the test ends them. */
function heldCatalogue() {
  const calls: { ids: readonly string[]; end: () => void }[] = []
  const products: ProductClient = {
    getProducts: (ids) =>
      new Promise((resolve) => {
        calls.push({ ids, end: () => resolve(new Map(ids.map((id) => [id, { id, ...thing }]))) })
      }),
  }
  return { products, calls }
}

test('what a part of a batch has stored is answered, though the connection is lost before the rest', async () => {
  let statements = 0
  const { place } = setUp({
    db: {
      ...database.db,
      async queryTexts(statement) {
        // the whole, its first half, its second half
        if (++statements === 3) throw new ServiceUnavailableError('database_unavailable', '')
        return database.db.queryTexts(statement)
      },
    },
  })
  const [me, other] = users as [string, string]
  const unknownProduct = { items: [{ productId: uuidv7(), quantity: 1 }] }
  assert.deepEqual(await outcomesOf([place(me), place(other), place(me), place(me, unknownProduct)]), [
    201,
    201,
    'database_unavailable',
    'database_unavailable',
  ])
})

test('a batch that was the victim of a deadlock is stored once, with what belongs to it', async (t) => {
  const name = new URL(database.urlOf('owner')).pathname.slice(1)
  // PostgreSQL looks for a deadlock once, and by then there must be one
  await database.owner.query({
    text: `ALTER ROLE order_service IN DATABASE ${name} SET deadlock_timeout = '2s'`,
  })
  const { place } = setUp({ db: connect(t, { lock_timeout: '60s' }) })
  const [first, last] = [await insertUser(database), await insertUser(database)]
  await Promise.all([place(first), place(last)])
  const placing: Promise<unknown>[] = []
  await database.owner.transaction(async (tx) => {
    // so that it is the service that finds the deadlock, and is its victim
    await tx.query({ text: "SET LOCAL deadlock_timeout = '1min'" })
    await tx.query(lockCount(last))
    const key = { idempotencyKey: 'a' }
    placing.push(place(first, key), place(last, key), place(first))
    await untilLocked()
    // waits for the batch, which waits for this transaction
    await tx.query(lockCount(first))
  })
  assert.deepEqual(await outcomesOf(placing), [201, 201, 201])
  assert.deepEqual([await countOf(first), await countOf(last)], [3, 2])
})

/** Resolves when a statement of the service waits for a lock of another. */
async function untilLocked() {
  for (;;) {
    const rows = await database.owner.query({
      text: `SELECT FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'order_service' AND wait_event_type = 'Lock'`,
    })
    if (rows.length > 0) return
  }
}

test('in serializable transactions, twins on two replicas are still one order', async (t) => {
  const session = { default_transaction_isolation: 'serializable' }
  const replicas = [setUp({ db: connect(t, session) }), setUp({ db: connect(t, session) })]
  const me = await insertUser(database)
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(
      replicas.flatMap(({ place }) => [
        place(me, { idempotencyKey: `a${round}` }),
        place(me, { idempotencyKey: `b${round}` }),
      ]),
    )
    assert.equal(new Set(answers.map(({ location }) => location)).size, 2)
  }
  assert.equal(await countOf(me), 20)
})

test('a user whose count is locked waits alone, and is told that the database is busy, with a key too', async () => {
  const { place } = setUp()
  const [locked, other] = [await insertUser(database), await insertUser(database)]
  await place(locked)
  await database.owner.transaction(async (tx) => {
    await tx.query(lockCount(locked))
    const outcomes = await outcomesOf([
      place(locked),
      place(locked, { idempotencyKey: 'a' }),
      place(other),
      place(other, { idempotencyKey: 'a' }),
    ])
    assert.deepEqual(outcomes, ['database_unavailable', 'database_unavailable', 201, 201])
  })
  assert.equal((await place(locked, { idempotencyKey: 'a' })).replayed, false)
})

test('many orders that wait for a lock leave connections to the others of their batch', async (t) => {
  const { place } = setUp({ db: connect(t, {}, { databasePoolSize: 2, databaseConnectTimeoutMs: 1000 }) })
  const [locked, other] = [await insertUser(database), await insertUser(database)]
  await place(locked)
  await database.owner.transaction(async (tx) => {
    await tx.query(lockCount(locked))
    const outcomes = await outcomesOf([...Array.from({ length: 6 }, () => place(locked)), place(other)])
    assert.deepEqual(outcomes, [...Array(6).fill('database_unavailable'), 201])
  })
})

test('a key that expires between the statement and the look-up is in progress, and then free', async () => {
  const me = await insertUser(database)
  const expire = () =>
    database.owner.query({
      text: 'UPDATE idempotency_keys SET expires_at = now() WHERE user_id = $1',
      values: [me],
    })
  const { place } = setUp({
    db: {
      ...database.db,
      async queryTexts(statement) {
        if (statement.name === 'find-idempotent-answer') await expire()
        return database.db.queryTexts(statement)
      },
    },
  })
  const placing = () => place(me, { idempotencyKey: 'a' })
  assert.equal((await placing()).replayed, false)
  assert.deepEqual(await outcomesOf([placing()]), ['idempotency_in_progress'])
  assert.equal((await placing()).replayed, false)
  assert.equal(await countOf(me), 2)
})

test('requests with one key that ask for different things wait for the first one only', async () => {
  const { products, calls } = heldCatalogue()
  const { place } = setUp({
    products: {
      getProducts: async (...args) => {
        await products.getProducts(...args)
        throw new ServiceUnavailableError('upstream_unavailable', '')
      },
    },
  })
  const placing = [1, 2, 3].map((quantity) =>
    place(me(), { idempotencyKey: 'a', items: [{ productId, quantity }] }),
  )
  await setImmediate()
  calls[0]?.end()
  assert.deepEqual(await outcomesOf(placing), [
    'upstream_unavailable',
    'idempotency_in_progress',
    'idempotency_in_progress',
  ])
  assert.equal(calls.length, 1)
})

test('an order that has waited for the catalogue as long as a call may take is refused, without a call', async (t) => {
  const { products, calls } = heldCatalogue()
  const { place } = setUp({ products, upstreamTimeoutMs: 1000 })
  const items = await Promise.all(Array.from({ length: 60 }, () => insertProduct(database)))
  const large = { items: items.map((each) => ({ productId: each, quantity: 1 })) }
  const now = performance.now()
  const clock = t.mock.method(performance, 'now', () => now)
  const placing = outcomesOf([1, 2, 3].map(() => place(me(), large)))
  await setImmediate()
  assert.equal(calls.length, 2)
  clock.mock.mockImplementation(() => now + 1001)
  const last = outcomesOf([place(me(), large)])
  for (const { end } of calls) end()
  await setImmediate()
  await setImmediate()
  calls[2]?.end()
  assert.deepEqual([...(await placing), ...(await last)], [201, 201, 'upstream_timeout', 201])
  assert.equal(calls.length, 3)
})

test('an order that has waited for the database as long as for a connection is refused, and not stored', async (t) => {
  const now = performance.now()
  const clock = t.mock.method(performance, 'now', () => now)
  const ends: (() => void)[] = []
  const { place } = setUp({
    databaseConnectTimeoutMs: 1000,
    batchesOfOneUser: true,
    db: {
      ...database.db,
      async queryTexts(statement) {
        await new Promise<void>((resolve) => ends.push(resolve))
        return database.db.queryTexts(statement)
      },
    },
  })
  const several = await Promise.all(Array.from({ length: 9 }, () => insertUser(database)))
  const outcomes = outcomesOf(several.map((userId) => place(userId)))
  while (ends.length < 8) await setImmediate()
  clock.mock.mockImplementation(() => now + 1001)
  for (const end of ends) end()
  assert.deepEqual(await outcomes, [...Array(8).fill(201), 'overloaded'])
  assert.equal(await countOf(several[8] as string), 0)
})

test('orders of one batch have different currencies, and an invalid product is the failure of its own orders', async () => {
  const [yen, broken, missing] = [await insertProduct(database), await insertProduct(database), uuidv7()]
  const { place } = setUp({
    products: {
      getProducts: async () =>
        new Map<string, Product | BadGatewayError>([
          [productId, { id: productId, ...thing }],
          [yen, { id: yen, ...thing, currency: 'JPY' }],
          [broken, new BadGatewayError('')],
        ]),
    },
  })
  const of = (...ids: string[]) => place(me(), { items: ids.map((id) => ({ productId: id, quantity: 1 })) })
  const placing = [
    of(productId),
    of(yen),
    of(broken),
    of(productId, yen),
    of(productId, broken),
    of(missing),
    of(broken, missing),
  ]
  assert.deepEqual(await outcomesOf(placing), [
    201,
    201,
    'upstream_error',
    'validation_failed',
    'upstream_error',
    'product_not_found',
    'product_not_found',
  ])
  const currencyOf = async (n: number) =>
    (JSON.parse(((await placing[n]) as { body: string }).body) as OrderDetails).currency
  assert.deepEqual([await currencyOf(0), await currencyOf(1)], ['EUR', 'JPY'])
})

test('orders of 100 items are looked up one by one and stored by the thousand items', async () => {
  const ids = await Promise.all(Array.from({ length: 100 }, () => insertProduct(database)))
  const asked: number[] = []
  const { place, statements } = setUp({
    products: {
      getProducts: async (given) => {
        asked.push(given.length)
        return new Map(given.map((id) => [id, { id, ...thing }]))
      },
    },
  })
  const items = ids.map((id, n) => ({ productId: id.toUpperCase(), quantity: n + 1 }))
  const answers = await Promise.all(Array.from({ length: 25 }, () => place(me(), { items })))
  for (const { body } of answers) {
    const order = JSON.parse(body) as OrderDetails
    assert.deepEqual([order.itemCount, order.totalAmount], [100, 1250 * 5050])
    assert.deepEqual(
      order.items.map((item) => [item.productId, item.quantity]),
      ids.map((id, n) => [id, n + 1]),
    )
  }
  assert.deepEqual(asked, Array(25).fill(100))
  const sizes = statements.map(({ values }) => String(values[13]).split(',').length)
  assert.ok(Math.max(...sizes) <= 1000, String(sizes))
})
