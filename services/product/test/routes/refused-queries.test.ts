import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { encodeCursor } from '@shop/shared/cursor'
import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, type TestApp } from '../app.ts'

let context: TestApp
let cursor: string

before(async () => {
  context = await createTestApp()
  for (let i = 0; i < 2; i++) await insertProduct(context.database)
  cursor = (await get('?limit=1')).json().meta.nextCursor
})
after(() => context.close())

const get = (query: string) => context.app.inject({ url: `/products${query}` })

const otherList = encodeCursor({ createdAt: '2026-03-01 00:00:00+00', id: uuidv7() }, uuidv7())

const refused: [query: string, parameter: string][] = [
  ['?limit=0', 'limit'],
  ['?limit=101', 'limit'],
  ['?limit=-1', 'limit'],
  ['?limit=1.5', 'limit'],
  ['?limit=1e1', 'limit'],
  ['?limit=0x10', 'limit'],
  ['?limit=+5', 'limit'],
  ['?limit=%2B5', 'limit'],
  ['?limit=%205', 'limit'],
  ['?limit=5%20', 'limit'],
  ['?limit=05', 'limit'],
  ['?limit=', 'limit'],
  ['?limit', 'limit'],
  ['?limit=null', 'limit'],
  ['?limit=Infinity', 'limit'],
  ['?limit=99999999999999999999999', 'limit'],
  ['?limit=%D9%A5', 'limit'],
  ['?limit=1%00', 'limit'],
  ['?limit=5&limit=6', 'limit'],
  ['?limit[]=5', 'limit[]'],
  ['?offset=-1', 'offset'],
  ['?offset=10001', 'offset'],
  ['?offset=NaN', 'offset'],
  ['?offset=9007199254740993', 'offset'],
  ['?offset=0&offset=0', 'offset'],
  ['?cursor=', 'cursor'],
  ['?cursor=abc', 'cursor'],
  ['?cursor=%00', 'cursor'],
  [`?cursor=${'A'.repeat(38)}`, 'cursor'],
  [`?cursor=${'A'.repeat(5000)}`, 'cursor'],
  [`?cursor=${otherList}`, 'cursor'],
  ['?status=paid', 'status'],
  ['?page=2', 'page'],
  ['?Limit=5', 'Limit'],
  ['?__proto__=1', '__proto__'],
  ['?constructor=1', 'constructor'],
]

for (const [query, parameter] of refused) {
  test(`GET /products${query.slice(0, 50)} is refused, naming ${parameter}`, async () => {
    const response = await get(query)
    assert.equal(response.statusCode, 400, response.body)
    assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
    const problem = response.json()
    assert.equal(problem.code, 'validation_failed')
    assert.deepEqual(
      problem.errors.map((error: { parameter: string }) => error.parameter),
      [parameter],
    )
  })
}

test('offset is refused beside a cursor, even offset=0', async () => {
  const response = await get(`?cursor=${cursor}&offset=0`)
  assert.equal(response.statusCode, 400)
  assert.equal(response.json().errors[0].parameter, 'offset')
})

test('a cursor with any one character changed is refused', async () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  await fc.assert(
    fc.asyncProperty(fc.nat(cursor.length - 1), fc.constantFrom(...alphabet), async (index, character) => {
      fc.pre(cursor[index] !== character)
      const tampered = cursor.slice(0, index) + character + cursor.slice(index + 1)
      assert.equal((await get(`?cursor=${tampered}`)).statusCode, 400)
    }),
    { numRuns: 200 },
  )
})

test('every problem of a query is reported at once', async () => {
  const problem = (await get('?limit=0&offset=-1&foo=1')).json()
  assert.deepEqual(problem.errors.map((error: { parameter: string }) => error.parameter).sort(), [
    'foo',
    'limit',
    'offset',
  ])
})
