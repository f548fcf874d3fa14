import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { createTestApp, insertOrder, insertProduct, insertUser, listed, type TestApp } from '../app.ts'

let context: TestApp
let productId: string
const logLines: string[] = []

before(async () => {
  context = await createTestApp({ logLines })
  productId = await insertProduct(context.database)
})
after(() => context.close())

async function list(userId: string, query = '') {
  const response = await context.app.inject({ url: `/orders${query}`, headers: await asUser(userId) })
  assert.equal(response.statusCode, 200, response.body)
  return response.json()
}

async function spoilInserts(t: TestContext, body: string) {
  const { owner } = context.database
  await owner.query({
    text: `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$`,
  })
  await owner.query({
    text: 'CREATE TRIGGER spoil BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION spoil()',
  })
  const repair = () => owner.query({ text: 'DROP FUNCTION IF EXISTS spoil CASCADE' })
  t.after(repair)
  return repair
}

test('an order that the database does not store is an error, not a success', async (t) => {
  const me = await insertUser(context.database)
  const place = async () =>
    context.app.inject({ method: 'POST', url: '/orders', headers: await asUser(me), body: { productId } })
  const repair = await spoilInserts(t, 'RETURN NULL;')
  assert.equal((await place()).statusCode, 500)
  assert.equal((await list(me)).meta.count, 0)
  await repair()
  assert.equal((await place()).statusCode, 201)
})

test('an order is answered with its time whatever the time zone of the connection has become', async (t) => {
  const me = await insertUser(context.database)
  const repair = await spoilInserts(t, `PERFORM set_config('TimeZone', 'Asia/Tokyo', false); RETURN NEW;`)
  const response = await context.app.inject({
    ...{ method: 'POST', url: '/orders', headers: await asUser(me), body: { productId } },
  })
  await repair()
  assert.equal(response.statusCode, 201, response.body)
  assert.deepEqual((await list(me)).data, [listed(response.json())])
})

const unsayable = ['infinity', '294276-12-31', '20226-03-01 09:30:00.000001', '0044-03-15 BC', '-infinity']

for (const column of ['created_at', 'updated_at']) {
  for (const time of unsayable) {
    test(`the database refuses ${time} as ${column} of an order`, async () => {
      const id = await insertOrder(context.database, {
        userId: await insertUser(context.database),
        productId,
      })
      const change = { text: `UPDATE orders SET ${column} = '${time}' WHERE id = $1`, values: [id] }
      await assert.rejects(context.database.owner.query(change), { constraint: `orders_${column}_check` })
    })
  }
}

test('rows with impossible times break no list: they are shown with the nearest possible time, and logged', async (t) => {
  const { owner } = context.database
  await owner.query({ text: 'ALTER TABLE orders DROP CONSTRAINT orders_created_at_check' })
  t.after(async () => {
    await owner.query({
      text: `DELETE FROM orders WHERE created_at NOT BETWEEN '0001-01-01' AND '9999-12-31'`,
    })
    await owner.query({
      text: `ALTER TABLE orders ADD CONSTRAINT orders_created_at_check CHECK (created_at BETWEEN '0001-01-01' AND '9999-12-31')`,
    })
  })
  const me = await insertUser(context.database)
  const times = [
    'infinity',
    '20227-01-01',
    '20226-03-01',
    '2026-03-01',
    '0044-03-15 BC',
    '0045-03-15 BC',
    '-infinity',
  ]
  const ids: string[] = []
  // two of each, so that pages end between rows of one time
  for (const createdAt of times.flatMap((time) => [time, time]))
    ids.push(await insertOrder(context.database, { userId: me, productId, createdAt }))
  const order = await owner.query<{ id: string }>({
    text: 'SELECT id FROM orders WHERE user_id = $1 ORDER BY created_at DESC, id DESC',
    values: [me],
  })

  logLines.length = 0
  const { data, meta } = await list(me)
  assert.equal(meta.count, ids.length)
  assert.deepEqual(
    data.map(({ createdAt }: { createdAt: string }) => createdAt),
    [
      ...Array(6).fill('9999-12-31T23:59:59.999Z'),
      ...Array(2).fill('2026-03-01T00:00:00.000Z'),
      ...Array(6).fill('0001-01-01T00:00:00.000Z'),
    ],
  )
  const [warning] = logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn')
  assert.equal(warning.table, 'orders')
  assert.equal(warning.rows.length, 12)
  assert.equal(warning.rows[0].times[0], 'infinity')

  for (const limit of [1, 3, 4]) {
    const seen: string[] = []
    for (let query = `?limit=${limit}`; ; ) {
      const page = await list(me, query)
      seen.push(...page.data.map(({ id }: { id: string }) => id))
      if (page.meta.nextCursor === null) break
      assert.ok(seen.length < ids.length, 'the cursors form a loop')
      query = `?limit=${limit}&cursor=${page.meta.nextCursor}`
    }
    assert.deepEqual(
      seen,
      order.map(({ id }) => id),
    )
  }

  const shown = await context.app.inject({ url: `/orders/${ids[0]}`, headers: await asUser(me) })
  assert.equal(shown.json().createdAt, '9999-12-31T23:59:59.999Z')
})
