import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Database, Query, Queryable } from '@shop/service/database/database'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import { createAnswerOnce } from '../../src/answer-once.ts'
import { createChangeOrder } from '../../src/change-order.ts'
import { createOrderHistory } from '../../src/db/order-history.ts'
import { createOrderRepository } from '../../src/db/order-repository.ts'
import type { OrderDetails } from '../../src/order.ts'
import { insertProduct, insertUser } from '../app.ts'
import { startPlacing } from '../placing.ts'

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('order_service')
})
after(() => database.drop())

/** Where a statement reads, changes or adds rows. */
const reads = /\b(?:FROM|JOIN|UPDATE) (?:orders|order_\w+|idempotency_keys)\b/g
const inserts = /\bINSERT INTO (?:orders|order_\w+|idempotency_keys)\b/g
const namesUser = /\buser_id = /g
const storesUser = /\bINSERT INTO \w+(?: AS \w+)? \([^)]*\buser_id\b/g

const countOf = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0

/** Finds out whose order an operator's request is about, so that all that follows names the user. */
const notOfAUser = ['find-user-of-order']

/** Returns the database, and the statements that are sent to it by their names. */
function recording(db: Database) {
  const texts = new Map<string, string>()
  function kept<Some extends Query>(query: Some): Some {
    texts.set(query.name ?? query.text, query.text)
    return query
  }
  const recorded = <Some extends Queryable>(queryable: Some): Some => ({
    ...queryable,
    query: ((query: Query) => queryable.query(kept(query))) as Queryable['query'],
    queryTexts: (statement) => queryable.queryTexts(kept(statement)),
  })
  const transaction: Database['transaction'] = (work) =>
    db.transaction((tx) =>
      work({ ...recorded(tx), sendWithCommit: (query) => tx.sendWithCommit(kept(query)) }),
    )
  return { texts, db: { ...recorded(db), transaction } }
}

/** Places, lists, reads and changes an order, with keys and without, as shoppers and operators do. */
async function useEverything(db: Database) {
  const userId = await insertUser(database)
  const { place } = startPlacing(db, await insertProduct(database))
  const once = { idempotencyKey: 'a' }
  const [{ body }] = await Promise.all([place(userId, once), place(userId)])
  assert.equal((await place(userId, once)).replayed, true)
  const order = JSON.parse(body) as OrderDetails
  const orders = createOrderRepository(db)
  for (const status of [undefined, 'pending'] as const) {
    for (const withItems of [false, true]) {
      const { nextCursor } = await orders.listOrdersByUser(userId, { limit: 1, status, withItems })
      const cursor = nextCursor ?? undefined
      await orders.listOrdersByUser(userId, { limit: 1, status, withItems, ...(cursor && { cursor }) })
    }
  }
  await orders.findOrder(userId, order.id)
  await createOrderHistory(db).listEvents(order.id, { userId })
  const changeOrder = createChangeOrder({ answerOnce: createAnswerOnce({ db, pipeline: db }) })
  const operator = { party: 'operator', user: { id: uuidv7(), role: 'admin' }, ...once } as const
  const pay = { orderId: order.id, verb: 'pay', body: { reference: 'pi_1' } } as const
  await changeOrder({ ...operator, ...pay })
  await assert.rejects(changeOrder({ ...operator, ...pay, idempotencyKey: 'b' }), {
    code: 'illegal_transition',
  })
  await assert.rejects(
    changeOrder({
      ...{ party: 'owner', user: { id: userId, role: 'customer' }, verb: 'cancel', body: {} },
      orderId: order.id,
    }),
    { code: 'illegal_transition' },
  )
}

test('every statement of a shopper, or about one order, names the user at each table', async () => {
  const { db, texts } = recording(database.db)
  await useEverything(db)
  for (const name of notOfAUser) assert.ok(texts.delete(name), name)
  const ofTables = [...texts].filter(([, text]) => countOf(text, reads) + countOf(text, inserts) > 0)
  assert.ok(ofTables.length >= 16, String([...texts.keys()]))
  for (const [name, text] of ofTables) {
    assert.ok(countOf(text, namesUser) >= countOf(text, reads), `${name} reads rows of any user: ${text}`)
    assert.equal(
      countOf(text, storesUser),
      countOf(text, inserts),
      `${name} adds rows without a user: ${text}`,
    )
  }
})

test('every table of the service has user_id, which is never null', async () => {
  const rows = await database.owner.query<{ table: string }>({
    text: `SELECT relname AS table FROM pg_class
           WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
             AND has_table_privilege('order_service', pg_class.oid, 'INSERT, UPDATE, DELETE')
             AND NOT EXISTS (
               SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'user_id' AND attnotnull
             )`,
  })
  assert.deepEqual(rows, [])
})

test('triggers that run once a statement look at the rows of the statement', async () => {
  const rows = await database.owner.query<{ trigger: string }>({
    text: `SELECT tgrelid::regclass || ' ' || tgname AS trigger FROM pg_trigger
           WHERE NOT tgisinternal AND tgnewtable IS NULL AND tgoldtable IS NULL AND tgenabled <> 'D'
             AND tgtype & 1 = 0 AND tgtype & 32 = 0
             AND tgrelid::regclass::text ~ '^(order|idempotency)'`,
  })
  assert.deepEqual(rows, [])
})

test('the rows of a statement are read by queries that read no table', async () => {
  const functions = await database.owner.query<{ name: string; body: string }>({
    text: `SELECT DISTINCT proname AS name, prosrc AS body FROM pg_proc JOIN pg_trigger ON tgfoid = pg_proc.oid
           WHERE tgnewtable IS NOT NULL OR tgoldtable IS NOT NULL`,
  })
  assert.ok(functions.length >= 6, String(functions.map(({ name }) => name)))
  for (const { name, body } of functions) {
    const loop = /\bFOR \w+ IN\b(.*?)\bLOOP\b/gs
    const rest = body.replace(loop, '')
    assert.doesNotMatch(
      rest,
      /\b(?:inserted|deleted)\b/,
      `${name} reads the rows outside the query of a loop`,
    )
    for (const [, query = ''] of body.matchAll(loop))
      assert.doesNotMatch(query, /\bpublic\./, `${name} joins the rows with a table`)
  }
})
