import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import { insertProduct, insertUser } from '../app.ts'
import { stored } from '../changes.ts'

// What the database refuses to the role of the service, whatever the service's code does.

let database: TestDatabase
let userId: string
let productId: string

before(async () => {
  database = await createTestDatabase('order_service')
  userId = await insertUser(database)
  productId = await insertProduct(database)
})
after(() => database.drop())

type Refusal = { code: string; constraint?: string }

async function assertRefused(work: Promise<unknown>, { code, constraint }: Refusal) {
  await assert.rejects(work, (error: Refusal) => {
    assert.deepEqual([error.code, constraint && error.constraint], [code, constraint], String(error))
    return true
  })
}

const refusedBy = (constraint: string) => ({ code: '23000', constraint })
const notPermitted = { code: '42501' }

type Parts = { order?: Record<string, string>; items?: string[]; events?: string[]; at?: string; id?: string }

/**
 * Stores an order of two items, 3 × 10.00 EUR in all, as the service does: in one statement. The parts are SQL, and
 * change what is stored.
 */
async function place({ order = {}, id = uuidv7(), ...parts }: Parts = {}): Promise<string> {
  const {
    items = ['(1, 2, 1000, user_id)', '(2, 1, 1000, user_id)'],
    events = ["(1, 'placed', 'pending', user_id)"],
    at = 'created_at',
  } = parts
  const columns = {
    id: `'${id}'`,
    user_id: `'${userId}'`,
    product_id: `'${productId}'`,
    product_name: `'Thing'`,
    currency: `'EUR'`,
    item_count: '2',
    total_amount: '3000',
    ...order,
  }
  const itemRows = items.length > 0 ? `(VALUES ${items.join()})` : '(SELECT 1, 1, 1, user_id LIMIT 0)'
  const eventRows =
    events.length > 0 ? `(VALUES ${events.join()})` : "(SELECT 1, 'placed', 'pending', user_id LIMIT 0)"
  await database.db.query({
    text: `
      WITH placed AS (
        INSERT INTO orders (${Object.keys(columns).join()}) VALUES (${Object.values(columns).join()}) RETURNING *
      ), items AS (
        INSERT INTO order_items (user_id, order_id, position, product_id, product_name, quantity, unit_amount, created_at)
        SELECT item.owner, id, item.position, product_id, product_name, item.quantity, item.unit_amount, created_at
        FROM placed, LATERAL ${itemRows} AS item (position, quantity, unit_amount, owner)
      )
      INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at)
      SELECT gen_random_uuid(), event.owner, id, event.version, event.type, event.status, '{}', ${at}
      FROM placed, LATERAL ${eventRows} AS event (version, type, status, owner)`,
  })
  return id
}

type Event = {
  version?: string
  type?: string
  status?: string
  at?: string
  amount?: string
  owner?: string
}

/** Changes an order as the service does, in one statement. The parts are SQL over the order after the change. */
async function change(id: string, set: string, event?: Event): Promise<void> {
  const { version = 'version', type = 'paid', status = 'status', at = 'updated_at', ...rest } = event ?? {}
  const { amount = 'NULL', owner = 'user_id' } = rest
  const update = `UPDATE orders SET ${set} WHERE id = '${id}'`
  await database.db.query({
    text: event
      ? `WITH changed AS (${update} RETURNING *)
         INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at, amount, currency)
         SELECT gen_random_uuid(), ${owner}, id, ${version}, '${type}', ${status}, '{}', ${at}, ${amount}::bigint,
           CASE WHEN ${amount}::bigint IS NOT NULL THEN currency END
         FROM changed`
      : update,
  })
}

const next = `version = version + 1, updated_at = clock_timestamp()`
const toPaid = `status = 'paid', ${next}`
const paid = { type: 'paid', amount: 'total_amount' }

/** Asserts that the order and everything about it stay as they are. */
async function assertUntouched(id: string, work: () => Promise<void>) {
  const everything = async () => ({
    ...(await stored({ database }, id)),
    items: await database.owner.query({
      text: 'SELECT * FROM order_items WHERE order_id = $1 ORDER BY position',
      values: [id],
    }),
  })
  const earlier = await everything()
  await work()
  assert.deepEqual(await everything(), earlier)
}

describe('an order is stored', () => {
  test('with its items and its history', async () => {
    const { order, events } = await stored({ database }, await place())
    assert.deepEqual([order.total_amount, events.length], ['3000', 1])
  })

  const history = refusedBy('orders_history')
  const addsUp = refusedBy('order_items_total')
  const cases: Record<string, [Parts, Refusal]> = {
    'without an event': [{ events: [] }, history],
    'without items': [{ items: [] }, refusedBy('orders_items')],
    'with a wrong total': [{ order: { total_amount: '2999' } }, addsUp],
    'with an item more than it says': [{ order: { item_count: '1' } }, addsUp],
    'with an item less than it says': [{ items: ['(1, 3, 1000, user_id)'] }, addsUp],
    'with a gap between its items': [{ items: ['(1, 2, 1000, user_id)', '(3, 1, 1000, user_id)'] }, addsUp],
    'with a later version than its history': [{ order: { version: '2' } }, history],
    'with an event ahead of its version': [
      { events: ["(1, 'placed', 'pending', user_id)", "(2, 'cancelled', 'cancelled', user_id)"] },
      refusedBy('order_events_version'),
    ],
    'with an event of another user': [{ events: ["(1, 'placed', 'pending', gen_random_uuid())"] }, history],
    'with an item of another user': [
      { items: ['(1, 2, 1000, user_id)', '(2, 1, 1000, gen_random_uuid())'] },
      addsUp,
    ],
    'with all its items of another user': [
      { items: [`(1, 2, 1000, '${uuidv7()}'::uuid)`], order: { item_count: '1', total_amount: '2000' } },
      refusedBy('orders_items'),
    ],
    'with an event of another status': [{ events: ["(1, 'placed', 'paid', user_id)"] }, history],
    'placed at another time than its history says': [
      { order: { updated_at: `now() + interval '1 hour'` }, at: 'updated_at' },
      history,
    ],
    'with another status than its history says': [{ order: { status: `'paid'` } }, history],
    'with a later time than its history says': [
      { order: { updated_at: `now() + interval '1 hour'` } },
      history,
    ],
    'placed in another status than pending': [
      { order: { status: `'paid'` }, events: ["(1, 'placed', 'paid', user_id)"] },
      history,
    ],
    'with refunds that no event tells of': [{ order: { refunded_amount: '1' } }, history],
    'with several events at the same time': [
      {
        order: { version: '2', status: `'cancelled'` },
        events: ["(1, 'placed', 'pending', user_id)", "(2, 'cancelled', 'cancelled', user_id)"],
      },
      history,
    ],
    'with a history that does not begin with placed': [
      { events: ["(1, 'cancelled', 'cancelled', user_id)"] },
      { code: '23514', constraint: 'order_events_type_check' },
    ],
    'with more refunded than paid': [
      { order: { refunded_amount: '3001' } },
      { code: '23514', constraint: 'orders_refunded_amount_check' },
    ],
    'with a total below zero': [{ order: { total_amount: '-1' } }, { code: '23514' }],
  }
  for (const [name, [parts, refusal]] of Object.entries(cases)) {
    test(`but not ${name}`, async () => {
      const id = uuidv7()
      await assertRefused(place({ ...parts, id }), refusal)
      assert.deepEqual(
        await database.owner.query({ text: 'SELECT FROM orders WHERE id = $1', values: [id] }),
        [],
      )
    })
  }

  test('but not in two statements, even of one transaction', async () => {
    const order = database.db.transaction((tx) =>
      tx.query({
        text: `INSERT INTO orders (user_id, product_id, product_name, currency, item_count, total_amount)
               VALUES ($1, $2, 'Thing', 'EUR', 1, 1)`,
        values: [userId, productId],
      }),
    )
    await assertRefused(order, history)
  })
})

describe('several orders are stored by one statement', () => {
  /** Stores two orders of one item each, without the item or the event of some. */
  async function placeTwo(without: { items?: string[]; events?: string[] }, ids = [uuidv7(), uuidv7()]) {
    await database.db.query({
      text: `
        WITH placed AS (
          INSERT INTO orders (id, user_id, product_id, product_name, currency, item_count, total_amount)
          SELECT id, $2, $3, 'Thing', 'EUR', 1, 1000 FROM unnest($1::uuid[]) AS id
          RETURNING *
        ), items AS (
          INSERT INTO order_items (user_id, order_id, position, product_id, product_name, quantity, unit_amount, created_at)
          SELECT user_id, id, 1, product_id, product_name, 1, 1000, created_at FROM placed WHERE id <> ALL ($4::uuid[])
        )
        INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at)
        SELECT gen_random_uuid(), user_id, id, 1, 'placed', 'pending', '{}', created_at
        FROM placed WHERE id <> ALL ($5::uuid[])`,
      values: [ids, userId, productId, without.items ?? [], without.events ?? []],
    })
    return ids
  }

  test('if each has its items and its history', async () => {
    for (const id of await placeTwo({})) assert.equal((await stored({ database }, id)).events.length, 1)
  })

  test('but none of them if one lacks its items or its history', async () => {
    const ids = [uuidv7(), uuidv7()]
    for (const incomplete of ids) {
      await assertRefused(placeTwo({ items: [incomplete] }, ids), refusedBy('orders_items'))
      await assertRefused(placeTwo({ events: [incomplete] }, ids), refusedBy('orders_history'))
    }
    const found = await database.owner.query({
      text: 'SELECT FROM orders WHERE id = ANY ($1)',
      values: [ids],
    })
    assert.deepEqual(found, [])
  })
})

describe('an order changes', () => {
  test('with an event of its new version, status and time', async () => {
    const id = await place()
    await change(id, toPaid, paid)
    const { order, events } = await stored({ database }, id)
    assert.deepEqual([order.status, order.version, events[1]?.type], ['paid', 2, 'paid'])
  })

  const history = refusedBy('orders_history')
  const transition = refusedBy('orders_transition')
  const cases: Record<string, [set: string, event: Event | undefined, Refusal]> = {
    'without an event': [toPaid, undefined, history],
    'without an event and a version': [`status = 'paid'`, undefined, history],
    'without a change': ['version = version', undefined, history],
    'with an event of another type': [toPaid, { type: 'shipped' }, transition],
    'with an event of another status': [toPaid, { ...paid, status: `'pending'` }, history],
    'with an event of another time': [
      toPaid,
      { ...paid, at: `updated_at + interval '1 microsecond'` },
      history,
    ],
    'with an event of another version': [toPaid, { ...paid, version: 'version + 1' }, history],
    'with an event of another user': [toPaid, { ...paid, owner: 'gen_random_uuid()' }, history],
    'by more than one version': [`status = 'paid', version = version + 2`, paid, history],
    'to an earlier version': [
      `status = 'paid', version = version - 1`,
      { ...paid, version: '2' },
      { code: '23514' },
    ],
    'to a status that the table does not allow': [
      `status = 'delivered', ${next}`,
      { type: 'delivered' },
      transition,
    ],
    'at the time of its last change': [`status = 'paid', version = version + 1`, paid, history],
    'back in time': [
      `status = 'paid', version = version + 1, updated_at = created_at - interval '1 second'`,
      paid,
      history,
    ],
    'by a payment of another amount': [toPaid, { ...paid, amount: '2999' }, transition],
    'by a payment that is flagged as late': [`late_payment = true, ${toPaid}`, paid, transition],
    'in its payment by another event': [`payment_reference = 'r', ${next}`, { type: 'noted' }, transition],
    'in its late payment by another event': [`late_payment = true, ${next}`, { type: 'noted' }, transition],
    'by an erasure while it is open': [next, { type: 'erased' }, transition],
    'by a refund before it is paid': [
      `refunded_amount = 1, ${next}`,
      { type: 'refunded', amount: '1' },
      transition,
    ],
    'in its refunds without a refund': [`refunded_amount = 1, ${next}`, { type: 'noted' }, transition],
  }
  for (const [name, [set, event, refusal]] of Object.entries(cases)) {
    test(`but not ${name}`, async () => {
      const id = await place()
      await assertUntouched(id, () => assertRefused(change(id, set, event), refusal))
    })
  }

  test('but not by a refund of another amount than its event says, nor beyond the total', async () => {
    const id = await place()
    await change(id, toPaid, paid)
    const refund = (refunded: number, amount: string, status = 'status') =>
      change(id, `refunded_amount = refunded_amount + ${refunded}, status = ${status}, ${next}`, {
        type: 'refunded',
        amount,
      })
    await assertUntouched(id, async () => {
      await assertRefused(refund(2, '1'), transition)
      await assertRefused(refund(-1, '-1'), { code: '23514' })
      await assertRefused(refund(3001, '3001'), { code: '23514', constraint: 'orders_refunded_amount_check' })
      await assertRefused(refund(2999, '2999', `'refunded'`), {
        code: '23514',
        constraint: 'orders_refunded_amount_check',
      })
    })
    await refund(1, '1')
    await refund(2999, '2999', `'refunded'`)
    assert.equal((await stored({ database }, id)).order.refunded_amount, '3000')
  })

  test('but not to refunded before the total is refunded, nor without it when it is', async () => {
    const id = await place()
    await change(id, toPaid, paid)
    const all = { type: 'refunded', amount: '3000' }
    await assertUntouched(id, () =>
      assertRefused(change(id, `refunded_amount = 3000, ${next}`, all), transition),
    )
    await change(id, `refunded_amount = 3000, status = 'refunded', ${next}`, all)
  })

  test('but not by a second late payment, nor by a refund of what was never paid', async () => {
    const id = await place()
    await change(id, `status = 'cancelled', ${next}`, { type: 'cancelled' })
    const refund = (amount: string, latePayment: boolean) =>
      change(id, `refunded_amount = refunded_amount + ${amount}, late_payment = ${latePayment}, ${next}`, {
        type: 'refunded',
        amount,
      })
    const payLate = (latePayment = true) =>
      change(id, `payment_reference = 'r', late_payment = ${latePayment}, ${next}`, {
        type: 'paid_late',
        amount: 'total_amount',
      })
    await assertUntouched(id, async () => {
      await assertRefused(refund('1', false), transition)
      await assertRefused(payLate(false), transition)
    })
    await payLate()
    await assertUntouched(id, async () => {
      await assertRefused(payLate(), transition)
      await assertRefused(refund('1', false), transition)
      await assertRefused(refund('3000', true), transition)
    })
    await refund('1', true)
    await refund('2999', false)
    await assertUntouched(id, () => assertRefused(payLate(), transition))
  })

  test('but not several orders with one event', async () => {
    const [id, other] = [await place(), await place()]
    const both = database.db.query({
      text: `WITH changed AS (UPDATE orders SET ${toPaid} WHERE id = ANY ($1) RETURNING *)
             INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at, amount, currency)
             SELECT gen_random_uuid(), user_id, id, version, 'paid', status, '{}', updated_at, total_amount, currency
             FROM changed WHERE id = $2`,
      values: [[id, other], id],
    })
    await assertRefused(both, history)
  })
})

describe('what was bought, by whom and when', () => {
  for (const column of [
    'id',
    'user_id',
    'product_id',
    'product_name',
    'item_count',
    'total_amount',
    'currency',
    'created_at',
    'metadata',
    'quantity',
    'unit_amount',
  ]) {
    test(`${column} cannot be changed, with or without an event`, async () => {
      const id = await place()
      await assertRefused(change(id, `${column} = ${column}`), notPermitted)
      await assertRefused(change(id, `${column} = ${column}, ${toPaid}`, paid), notPermitted)
    })
  }

  test('an item cannot be added, changed or deleted later', async () => {
    const id = await place()
    const item = (userId: string, unitAmount: number) =>
      database.db.query({
        text: `INSERT INTO order_items (user_id, order_id, position, product_id, product_name, quantity, unit_amount, created_at)
               VALUES ($1, $2, 3, $3, 'Thing', 1, $4, now())`,
        values: [userId, id, productId, unitAmount],
      })
    await assertUntouched(id, async () => {
      await assertRefused(item(userId, 1), refusedBy('order_items_total'))
      await assertRefused(item(userId, 0), refusedBy('order_items_total'))
      await assertRefused(item(await insertUser(database), 0), refusedBy('order_items_total'))
    })
  })
})

describe('the history', () => {
  const event = (id: string, version: number, type = 'noted') =>
    database.db.query({
      text: `INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at)
             VALUES (gen_random_uuid(), $1, $2, $3, $4, 'pending', '{}', now())`,
      values: [userId, id, version, type],
    })

  test('has no event ahead of its order, of a version twice, or of none', async () => {
    const id = await place()
    await assertUntouched(id, async () => {
      await assertRefused(event(id, 2), refusedBy('order_events_version'))
      await assertRefused(event(id, 1, 'placed'), { code: '23505', constraint: 'order_events_pkey' })
      await assertRefused(event(id, 0), { code: '23514' })
      await assertRefused(event(uuidv7(), 2), { code: '23503' })
    })
  })

  test('cannot be rewritten by way of a conflict', async () => {
    const id = await place()
    const rewrite = () =>
      database.db.query({
        text: `INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at)
             VALUES (gen_random_uuid(), $1, $2, 1, 'placed', 'pending', '{}', now())
             ON CONFLICT (order_id, version) DO UPDATE SET at = excluded.at`,
        values: [userId, id],
      })
    await assertUntouched(id, () => assertRefused(rewrite(), notPermitted))
  })

  test('has money on the events that move it, and on no others', async () => {
    const id = await place()
    const amountCheck = { code: '23514', constraint: 'order_events_amount_check' }
    await assertUntouched(id, async () => {
      await assertRefused(change(id, toPaid, { type: 'paid' }), amountCheck)
      await assertRefused(change(id, next, { type: 'noted', amount: '1' }), amountCheck)
    })
  })
})

const forbidden: Record<string, string> = {
  'change events': 'UPDATE order_events SET at = now()',
  'delete events': 'DELETE FROM order_events',
  'empty events': 'TRUNCATE order_events',
  'change items': 'UPDATE order_items SET quantity = 1',
  'delete items': 'DELETE FROM order_items',
  'empty items': 'TRUNCATE order_items',
  'delete orders': 'DELETE FROM orders',
  'empty orders': 'TRUNCATE orders CASCADE',
  'disable the triggers of orders': 'ALTER TABLE orders DISABLE TRIGGER ALL',
  'disable the triggers of items': 'ALTER TABLE order_items DISABLE TRIGGER USER',
  'disable the triggers of events': 'ALTER TABLE order_events DISABLE TRIGGER USER',
  'drop a trigger': 'DROP TRIGGER review_changed_order ON orders',
  'put a trigger of its own before them':
    'CREATE TRIGGER a BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION guard_changed_order()',
  'replace a guard': `CREATE OR REPLACE FUNCTION public.is_order_transition(event text, from_status text, to_status text) RETURNS boolean LANGUAGE sql AS 'SELECT true'`,
  'drop a guard': 'DROP FUNCTION guard_new_orders() CASCADE',
  'switch triggers off for its session': 'SET session_replication_role = replica',
  'give itself rights': 'GRANT ALL ON orders TO order_service',
  'shadow a table': 'CREATE TEMP TABLE order_events (version int)',
}

for (const [action, text] of Object.entries(forbidden)) {
  test(`the service's role may not ${action}`, async () => {
    if (text.startsWith('GRANT')) {
      // PostgreSQL grants nothing, and says so in a notice
      await database.db.query({ text }).catch((error) => assert.equal(error.code, notPermitted.code))
      const [row] = await database.db.query<{ may: boolean }>({
        text: `SELECT has_table_privilege('orders', 'DELETE') AS may`,
      })
      assert.equal(row?.may, false)
    } else await assertRefused(database.db.query({ text }), notPermitted)
  })
}

test("the service's role cannot run the functions of the guards by itself", async () => {
  // trigger functions can only be called as triggers
  for (const name of ['guard_new_orders', 'guard_changed_order', 'guard_new_items', 'guard_new_events'])
    await assertRefused(database.db.query({ text: `SELECT ${name}()` }), { code: '0A000' })
})

test('every guard is on', async () => {
  const triggers = await database.owner.query<{ trigger: string }>({
    text: `SELECT concat_ws(' ', tgrelid::regclass, tgname, tgenabled) AS trigger FROM pg_trigger
           WHERE NOT tgisinternal AND tgname LIKE 'review%' ORDER BY 1`,
  })
  assert.deepEqual(
    triggers.map(({ trigger }) => trigger),
    [
      'idempotency_keys review_taken_key O',
      'order_events review_new_events O',
      'order_items review_new_items O',
      'orders review_changed_order O',
      'orders review_new_orders O',
    ],
  )
})

test('the owner can delete an order with everything about it, and the counts follow', async () => {
  const someone = await insertUser(database)
  const ids = await Promise.all([0, 1].map(() => place({ order: { user_id: `'${someone}'` } })))
  const rows = async () =>
    database.owner.query<{ table: string; count: number }>({
      text: `SELECT 'orders' AS table, count(*)::int FROM orders WHERE user_id = $1
             UNION ALL SELECT 'order_items', count(*)::int FROM order_items WHERE user_id = $1
             UNION ALL SELECT 'order_events', count(*)::int FROM order_events WHERE user_id = $1
             UNION ALL SELECT 'order_counts', sum(count)::int FROM order_counts WHERE user_id = $1`,
      values: [someone],
    })
  const counts = async () => (await rows()).map(({ count }) => count)
  assert.deepEqual(await counts(), [2, 4, 2, 2])
  await database.owner.query({ text: 'DELETE FROM orders WHERE id = $1', values: [ids[0]] })
  assert.deepEqual(await counts(), [1, 2, 1, 1])
})
