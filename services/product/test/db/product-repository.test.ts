import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Query } from '@shop/service/database/database'
import { NotFoundError, ValidationError } from '@shop/service/errors'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import { v7 as uuidv7 } from 'uuid'
import { createProductRepository, type ProductRepository } from '../../src/db/product-repository.ts'

let database: TestDatabase
let products: ProductRepository
const kettle = { name: 'Kettle', description: 'Boils.', unitAmount: 2_147_483_647, currency: 'EUR' }

before(async () => {
  database = await createTestDatabase('product_service')
  products = createProductRepository(database.db)
})
after(() => database.drop())

test('PostgreSQL gives the columns of a row in the types that the row type claims', async () => {
  const { id } = await products.createProduct(kettle)
  const [row] = await database.db.query<Record<string, unknown>>({
    text: 'SELECT id, name, description, unit_amount, currency, created_at, updated_at FROM products WHERE id = $1',
    values: [id],
  })
  const { created_at: createdAt, updated_at: updatedAt, ...rest } = row as Record<string, unknown>
  assert.deepEqual(rest, {
    id,
    name: 'Kettle',
    description: 'Boils.',
    unit_amount: 2_147_483_647,
    currency: 'EUR',
  })
  for (const time of [createdAt, updatedAt]) {
    assert.match(String(time), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/)
  }
})

test('a created product is found, with text and numbers unchanged', async () => {
  const created = await products.createProduct(kettle)
  assert.deepEqual(await products.findProduct(created.id), created)
  assert.deepEqual({ ...created, ...kettle }, created)
  assert.match(created.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('an empty catalogue, and a page beyond the end, give no product and the count', async () => {
  await database.owner.query({ text: 'DELETE FROM products' })
  assert.deepEqual(await products.listProducts(), { products: [], count: 0, nextCursor: null })
  await products.createProduct(kettle)
  assert.deepEqual(await products.listProducts({ offset: 1 }), { products: [], count: 1, nextCursor: null })
})

test('an unknown id is a NotFoundError', async () => {
  await assert.rejects(products.findProduct(uuidv7()), NotFoundError)
  await assert.rejects(products.changeProduct(uuidv7(), { name: 'Teapot' }), NotFoundError)
})

test('ids that are not UUIDs are refused before they reach the database', async () => {
  for (const id of ['', '1', `${uuidv7()}\u0000`, 1 as never, undefined as never]) {
    await assert.rejects(products.findProduct(id), ValidationError)
    await assert.rejects(products.changeProduct(id, { name: 'Teapot' }), ValidationError)
  }
})

test('impossible pages are refused before they reach the database', async () => {
  for (const options of [
    { limit: 0 },
    { limit: 101 },
    { limit: 1.5 },
    { limit: Number.NaN },
    { limit: '5' as never },
    { limit: null as never },
    { offset: -1 },
    { offset: 10_001 },
    { cursor: 'nonsense' },
    { offset: 0, cursor: 'nonsense' },
  ]) {
    await assert.rejects(products.listProducts(options), ValidationError, JSON.stringify(options))
  }
})

test('a page by cursor starts from the index, however deep it lies', async () => {
  await database.owner.query({
    text: `INSERT INTO products (name, unit_amount, currency, created_at)
           SELECT 'Thing', 1, 'EUR', timestamptz '2026-01-01' + n * interval '1 minute' FROM generate_series(1, 5000) AS n`,
  })
  await database.owner.query({ text: 'ANALYZE products' })
  const { nextCursor } = await products.listProducts({ limit: 1, offset: 4000 })
  const statements: Query[] = []
  const recorder = createProductRepository({
    ...database.db,
    queryTexts: (statement) => {
      statements.push(statement)
      return database.db.queryTexts(statement)
    },
  })
  await recorder.listProducts({ cursor: String(nextCursor) })

  const [{ text, values = [] }] = statements as [Query]
  const plan = await database.db.query<Record<string, string>>({ text: `EXPLAIN ${text}`, values })
  const lines = plan.map((row) => row['QUERY PLAN']).join('\n')
  assert.match(lines, /Index Scan using products_created_at_idx/)
  assert.match(lines, /Index Cond: \(ROW\(created_at, id\) < ROW/)
})
