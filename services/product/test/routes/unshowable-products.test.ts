import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, type TestApp } from '../app.ts'

let context: TestApp
let admin: { authorization: string }
const kettle = { name: 'Kettle', description: 'Boils.', unitAmount: 4900, currency: 'EUR' }
const logLines: string[] = []

before(async () => {
  context = await createTestApp({ logLines })
  admin = await asUser(uuidv7(), 'admin')
})
after(() => context.close())

async function list(query = '') {
  const response = await context.app.inject({ url: `/products${query}` })
  assert.equal(response.statusCode, 200, response.body)
  return response.json()
}

/** A row that is written comes back with times in another zone, which cannot be shown. */
async function spoilWrites(t: TestContext) {
  const { owner } = context.database
  await owner.query({
    text: `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN PERFORM set_config('TimeZone', 'Asia/Tokyo', false); RETURN NEW; END $$`,
  })
  await owner.query({
    text: 'CREATE TRIGGER spoil BEFORE INSERT OR UPDATE ON products FOR EACH ROW EXECUTE FUNCTION spoil()',
  })
  t.after(() => owner.query({ text: 'DROP FUNCTION spoil CASCADE' }))
}

test('a new product that cannot be shown is an error, and is not stored', async (t) => {
  const { count } = (await list()).meta
  await spoilWrites(t)
  const response = await context.app.inject({
    method: 'POST',
    url: '/products',
    headers: admin,
    payload: kettle,
  })
  assert.equal(response.statusCode, 500)
  assert.equal((await list()).meta.count, count)
})

test('a change whose result cannot be shown is an error, and is not stored', async (t) => {
  const before = await context.products.createProduct(kettle)
  const url = `/products/${before.id}`
  await spoilWrites(t)
  const change = { name: 'Teapot' }
  const response = await context.app.inject({ method: 'PATCH', url, headers: admin, payload: change })
  assert.equal(response.statusCode, 500)
  assert.deepEqual((await context.app.inject({ url })).json(), before)
})

for (const column of ['created_at', 'updated_at']) {
  for (const time of ['infinity', '20226-03-01', '0044-03-15 BC', '-infinity']) {
    test(`the database refuses ${time} as ${column} of a product`, async () => {
      const id = await insertProduct(context.database)
      const change = { text: `UPDATE products SET ${column} = '${time}' WHERE id = $1`, values: [id] }
      await assert.rejects(context.database.owner.query(change), { constraint: `products_${column}_check` })
    })
  }
}

test('rows with impossible times break no list: they are shown with the nearest possible time, and logged', async (t) => {
  const fresh = await createTestApp({ logLines })
  t.after(() => fresh.close())
  for (const column of ['created_at', 'updated_at'])
    await fresh.database.owner.query({
      text: `ALTER TABLE products DROP CONSTRAINT products_${column}_check`,
    })
  const ids: string[] = []
  for (const createdAt of ['infinity', '20226-03-01', '2026-03-01', '0044-03-15 BC', '-infinity'])
    ids.push(await insertProduct(fresh.database, { createdAt }))

  logLines.length = 0
  const seen: { id: string; createdAt: string }[] = []
  for (let query = '?limit=1'; ; ) {
    const response = await fresh.app.inject({ url: `/products${query}` })
    assert.equal(response.statusCode, 200, response.body)
    const { data, meta } = response.json()
    seen.push(...data)
    if (meta.nextCursor === null) break
    assert.ok(seen.length < ids.length, 'the cursors form a loop')
    query = `?limit=1&cursor=${meta.nextCursor}`
  }
  assert.deepEqual(
    seen.map(({ id, createdAt }) => [id, createdAt]),
    [
      [ids[0], '9999-12-31T23:59:59.999Z'],
      [ids[1], '9999-12-31T23:59:59.999Z'],
      [ids[2], '2026-03-01T00:00:00.000Z'],
      [ids[3], '0001-01-01T00:00:00.000Z'],
      [ids[4], '0001-01-01T00:00:00.000Z'],
    ],
  )
  const warnings = logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn')
  assert.deepEqual(
    warnings.map(({ table, rows }) => [table, rows[0].id]),
    [ids[0], ids[1], ids[3], ids[4]].map((id) => ['products', id]),
  )
})
