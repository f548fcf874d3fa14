import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import { createProductRepository } from '../../src/db/product-repository.ts'
import { createTestApp, insertProduct, type TestApp } from '../app.ts'

let context: TestApp
let ids: string[]

before(async () => {
  context = await createTestApp()
  ids = await Promise.all(Array.from({ length: 100 }, () => insertProduct(context.database)))
})
after(() => context.close())

const get = (wanted: string[]) => context.app.inject(`/products/prices?ids=${wanted.join()}`)

test('GET /products/prices returns the names and prices of up to 100 products to anyone, and nothing else of them', async () => {
  const response = await get(ids)
  assert.equal(response.statusCode, 200)
  assert.match(String(response.headers['content-type']), /^application\/json/)
  const { data } = response.json()
  assert.deepEqual(data.map(({ id }: { id: string }) => id).sort(), [...ids].sort())
  const [id] = ids as [string]
  const product = (await context.app.inject(`/products/${id}`)).json()
  assert.deepEqual(
    data.find((each: { id: string }) => each.id === id),
    { id, name: product.name, unitAmount: product.unitAmount, currency: product.currency },
  )
})

test('products that do not exist are left out, and one that is asked for twice comes once', async () => {
  const [id] = ids as [string]
  const { data } = (await get([uuidv7(), id, id.toUpperCase()])).json()
  assert.deepEqual(
    data.map((each: { id: string }) => each.id),
    [id],
  )
  assert.deepEqual((await get([uuidv7()])).json(), { data: [] })
})

for (const [name, query] of Object.entries({
  'no ids': '',
  'an empty list': '?ids=',
  'what is not a UUID': '?ids=x',
  'a comma too many': `?ids=${uuidv7()},`,
  'more than 100': `?ids=${Array.from({ length: 101 }, () => uuidv7()).join()}`,
  'another parameter': `?ids=${uuidv7()}&limit=1`,
})) {
  test(`${name} is a 400`, async () => {
    const response = await context.app.inject(`/products/prices${query}`)
    assert.equal(response.statusCode, 400, response.body)
    assert.equal(response.json().code, 'validation_failed')
  })
}

test('the prices come from the primary key, however many products there are', async () => {
  await context.database.owner.query({
    text: `INSERT INTO products (name, description, unit_amount, currency)
           SELECT 'Filler', repeat('x', 200), 1, 'EUR' FROM generate_series(1, 20000)`,
  })
  await context.database.owner.query({ text: 'ANALYZE products' })
  let statement = ''
  const recording = createProductRepository({
    ...context.database.db,
    async queryTexts({ text }) {
      statement = text
      return []
    },
  })
  await recording.findPrices(ids)
  const plan = await context.database.owner.query<{ 'QUERY PLAN': string }>({
    text: `EXPLAIN ${statement}`,
    values: [`{${ids.slice(0, 20).join()}}`],
  })
  const text = plan.map((line) => line['QUERY PLAN']).join('\n')
  assert.match(text, /products_pkey/)
  assert.doesNotMatch(text, /Seq Scan/)
})
