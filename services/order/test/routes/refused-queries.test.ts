import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/shared/testing/tokens'
import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'

let context: TestApp
let me: string
let cursor: string

before(async () => {
  context = await createTestApp()
  me = await insertUser(context.database)
  const productId = await insertProduct(context.database)
  for (let i = 0; i < 2; i++) await insertOrder(context.database, { userId: me, productId })
  cursor = (await get('?limit=1')).json().meta.nextCursor
})
after(() => context.close())

async function get(query: string) {
  return context.app.inject({ url: `/orders${query}`, headers: await asUser(me) })
}

const refused: [query: string, parameter: string][] = [
  ['?limit=0', 'limit'],
  ['?limit=101', 'limit'],
  ['?limit=-1', 'limit'],
  ['?limit=1.5', 'limit'],
  ['?limit=1e1', 'limit'],
  ['?limit=0x10', 'limit'],
  ['?limit=%2B5', 'limit'],
  ['?limit=%205', 'limit'],
  ['?limit=05', 'limit'],
  ['?limit=', 'limit'],
  ['?limit', 'limit'],
  ['?limit=null', 'limit'],
  ['?limit=true', 'limit'],
  ['?limit=99999999999999999999999', 'limit'],
  ['?limit=1%00', 'limit'],
  ['?limit=5&limit=6', 'limit'],
  ['?limit[]=5', 'limit[]'],
  ['?offset=-1', 'offset'],
  ['?offset=10001', 'offset'],
  ['?offset=NaN', 'offset'],
  ['?offset=9007199254740993', 'offset'],
  ['?offset=0&offset=0', 'offset'],
  ['?status=unknown', 'status'],
  ['?status=PAID', 'status'],
  ['?status=', 'status'],
  ['?status=paid&status=pending', 'status'],
  ['?status=paid%00', 'status'],
  ['?cursor=', 'cursor'],
  ['?cursor=abc', 'cursor'],
  ['?cursor=%00', 'cursor'],
  [`?cursor=${'A'.repeat(128)}`, 'cursor'],
  [`?cursor=${'A'.repeat(5000)}`, 'cursor'],
  ['?userId=00000000-0000-7000-8000-0000000000a1', 'userId'],
  ['?user_id=1', 'user_id'],
  ['?page=2', 'page'],
  ['?__proto__=1', '__proto__'],
  ['?constructor=1', 'constructor'],
  ['?limit=1;DROP TABLE orders', 'limit'],
]

for (const [query, parameter] of refused) {
  test(`GET /orders${query.slice(0, 50)} is refused, naming ${parameter}`, async () => {
    const response = await get(query.replaceAll(' ', '%20'))
    assert.equal(response.statusCode, 400, response.body)
    assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
    const problem = response.json()
    assert.equal(problem.code, 'validation_failed')
    assert.ok(
      problem.errors.some((error: { parameter: string }) => error.parameter === parameter),
      response.body,
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
  const problem = (await get('?limit=0&offset=-1&status=x&foo=1')).json()
  assert.deepEqual(problem.errors.map((error: { parameter: string }) => error.parameter).sort(), [
    'foo',
    'limit',
    'offset',
    'status',
  ])
})

test('no query string at all leads to a 5xx, or to an answer that is not documented', async () => {
  const name = fc.oneof(
    fc.constantFrom('limit', 'offset', 'cursor', 'status'),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.integer().map(String),
    fc.double().map(String),
    fc.constantFrom('\u0000', uuidv7(), 'null', '[object Object]', "' OR 1=1 --"),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 4 }), async (pairs) => {
      const query = pairs.map(([key, text]) => `${encode(key)}=${encode(text)}`).join('&')
      const { statusCode, body } = await get(`?${query}`)
      assert.ok(statusCode === 200 || statusCode === 400, `${query} → ${statusCode} ${body}`)
    }),
    { numRuns: 300 },
  )
})

/** encodeURIComponent throws for lone surrogates; clients that are not browsers send whatever bytes they like. */
const encode = (text: string) =>
  [...Buffer.from(text, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
