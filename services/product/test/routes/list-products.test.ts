import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import fc from 'fast-check'
import { createTestApp, insertProduct, type TestApp } from '../app.ts'

let context: TestApp

before(async () => {
  context = await createTestApp()
  // the order of the rows must come from the statement, not by chance from the index
  await context.database.owner.query({ text: 'DROP INDEX products_created_at_idx' })
})
beforeEach(() => context.database.owner.query({ text: 'DELETE FROM products' }))
after(() => context.close())

async function list(query = '') {
  const response = await context.app.inject({ url: `/products${query}` })
  assert.equal(response.statusCode, 200, response.body)
  return response.json()
}

const idsOf = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id)

/** Five products, a day apart; their ids, newest first. */
async function insertFive(): Promise<string[]> {
  const ids: string[] = []
  for (let day = 1; day <= 5; day++) {
    ids.unshift(await insertProduct(context.database, { createdAt: `2026-03-0${day}T00:00Z` }))
  }
  return ids
}

test('GET /products lists the catalogue to anyone, newest first', async () => {
  const middle = await insertProduct(context.database, { createdAt: '2026-03-02T00:00Z' })
  const newest = await insertProduct(context.database, { createdAt: '2026-03-03T00:00Z' })
  const oldest = await insertProduct(context.database, { createdAt: '2026-03-01T00:00Z' })

  const page = await list()

  assert.deepEqual(idsOf(page), [newest, middle, oldest])
  assert.deepEqual(page.meta, { count: 3, limit: 20, offset: 0, nextCursor: null })
})

test('a product in the list has exactly the documented members', async () => {
  const id = await insertProduct(context.database, {
    name: 'Kettle',
    createdAt: '2026-03-01T09:30:00.123456Z',
  })
  await context.database.owner.query({ text: `UPDATE products SET updated_at = '2026-03-01T10:00:00Z'` })

  assert.deepEqual((await list()).data, [
    {
      id,
      name: 'Kettle',
      description: '',
      unitAmount: 1250,
      currency: 'EUR',
      createdAt: '2026-03-01T09:30:00.123Z',
      updatedAt: '2026-03-01T10:00:00.000Z',
    },
  ])
})

test('an empty catalogue is an empty list', async () => {
  assert.deepEqual(await list(), { data: [], meta: { count: 0, limit: 20, offset: 0, nextCursor: null } })
})

test('a token, good or bad, changes nothing', async () => {
  await insertProduct(context.database)
  const response = await context.app.inject({ url: '/products', headers: { authorization: 'Bearer bad' } })
  assert.equal(response.statusCode, 200)
  assert.equal(response.json().meta.count, 1)
})

test('limit and offset choose the page; the count covers all pages, even beyond the end', async () => {
  const ids = await insertFive()

  const page = await list('?limit=2&offset=1')
  assert.deepEqual(idsOf(page), ids.slice(1, 3))
  assert.equal(typeof page.meta.nextCursor, 'string')
  assert.deepEqual(page.meta, { count: 5, limit: 2, offset: 1, nextCursor: page.meta.nextCursor })

  const beyond = await list('?limit=2&offset=10000')
  assert.deepEqual(beyond, { data: [], meta: { count: 5, limit: 2, offset: 10_000, nextCursor: null } })
})

test('limit takes 1 and 100, and is 20 when absent', async () => {
  for (let i = 0; i < 101; i++) await insertProduct(context.database)

  for (const [query, expected] of [
    ['?limit=1', 1],
    ['?limit=100', 100],
    ['', 20],
  ] as const) {
    const { data, meta } = await list(query)
    assert.equal(data.length, expected)
    assert.equal(meta.limit, expected)
    assert.equal(meta.count, 101)
  }
})

test('nextCursor leads through all pages and is null on the last, even if that is full', async () => {
  const ids = (await insertFive()).slice(0, 4)
  await context.database.owner.query({
    text: 'DELETE FROM products WHERE NOT id = ANY($1)',
    values: [ids],
  })

  const first = await list('?limit=2')
  assert.deepEqual(idsOf(first), ids.slice(0, 2))
  const second = await list(`?limit=2&cursor=${first.meta.nextCursor}`)
  assert.deepEqual(idsOf(second), ids.slice(2))
  assert.deepEqual(second.meta, { count: 4, limit: 2, offset: 0, nextCursor: null })
})

test('a cursor at the end of the list, after a deletion, still gives the count', async () => {
  const ids = await insertFive()
  const { meta } = await list('?limit=4')
  await context.database.owner.query({ text: 'DELETE FROM products WHERE id = $1', values: [ids.at(-1)] })

  const page = await list(`?cursor=${meta.nextCursor}`)
  assert.deepEqual(page, { data: [], meta: { count: 4, limit: 20, offset: 0, nextCursor: null } })
})

test('pages by cursor and by offset agree, whatever ties there are in created_at', async () => {
  const microseconds = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(microseconds, fc.integer({ min: 1, max: 5 }), async (times, limit) => {
      await context.database.owner.query({ text: 'DELETE FROM products' })
      const inserted: { id: string; time: number }[] = []
      for (const time of times) {
        const createdAt = `2026-03-01T00:00:00.00000${time}Z`
        inserted.push({ id: await insertProduct(context.database, { createdAt }), time })
      }
      const expected = inserted.sort((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1)).map(({ id }) => id)

      const byOffset: string[] = []
      for (let offset = 0; offset < times.length; offset += limit) {
        byOffset.push(...idsOf(await list(`?limit=${limit}&offset=${offset}`)))
      }
      const byCursor: string[] = []
      for (let query = `?limit=${limit}`; query !== ''; ) {
        const page = await list(query)
        byCursor.push(...idsOf(page))
        query = page.meta.nextCursor ? `?limit=${limit}&cursor=${page.meta.nextCursor}` : ''
      }

      assert.deepEqual(byOffset, expected)
      assert.deepEqual(byCursor, expected)
    }),
    { numRuns: 25 },
  )
})

test('products added meanwhile do not disturb the pages that a cursor leads to', async () => {
  const ids = await insertFive()

  const first = await list('?limit=3')
  await insertProduct(context.database)
  const second = await list(`?limit=3&cursor=${first.meta.nextCursor}`)

  assert.deepEqual([...idsOf(first), ...idsOf(second)], ids)
  assert.equal(second.meta.count, 6)
})

test('a list takes one database round trip', async () => {
  await insertFive()
  const { db } = context.database
  const { queryTexts } = db
  let queries = 0
  db.queryTexts = (statement) => {
    queries++
    return queryTexts(statement)
  }
  try {
    await list('?limit=2&offset=2')
  } finally {
    db.queryTexts = queryTexts
  }
  assert.equal(queries, 1)
})
