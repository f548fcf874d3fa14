import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@shop/tests/kit/database'
import fc from 'fast-check'
import { v4 as uuidv4, v7 as uuidv7 } from 'uuid'
import { orderNumber, orderNumberRange } from '../src/order-number.ts'
import { insertProduct, insertUser } from './app.ts'

let database: TestDatabase

before(async () => {
  database = await createTestDatabase('order_service')
})
after(() => database.drop())

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const anyUuid = fc.uuid({ version: [4, 7] })

/** Reads a number digit by digit, by other means than the code under test. */
const valueOfNumber = (number: string) =>
  [...number.replace('-', '')].reduce((value, digit) => value * 32n + BigInt(alphabet.indexOf(digit)), 0n)

test('a number is ten characters of the alphabet, in two groups', () => {
  assert.equal(orderNumber('00000000-0000-7000-8000-000000000000'), '00000-00000')
  assert.equal(orderNumber('ffffffff-ffff-7fff-bfff-ffffffffffff'), 'ZZZZZ-ZZZZZ')
  assert.equal(orderNumber('FFFFFFFF-FFFF-7FFF-BFFC-00000000001F'), '00000-0000Z')
  fc.assert(
    fc.property(anyUuid, (id) => {
      assert.match(orderNumber(id), /^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/)
      assert.equal(orderNumber(id.toUpperCase()), orderNumber(id))
      assert.equal(valueOfNumber(orderNumber(id)), BigInt(`0x${id.replaceAll('-', '')}`) % 2n ** 50n)
    }),
  )
})

test('the database computes the same value of any id', async () => {
  const ids = [
    ...fc.sample(anyUuid, 2000),
    ...Array.from({ length: 500 }, () => uuidv7()),
    ...Array.from({ length: 500 }, () => uuidv4()),
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '00000000-0000-7000-8003-ffffffffffff',
    '00000000-0000-7000-8004-000000000000',
  ]
  const rows = await database.db.query<{ id: string; value: string }>({
    text: 'SELECT id, order_number_value(id) AS value FROM unnest($1::uuid[]) AS id',
    values: [ids],
  })
  assert.equal(rows.length, ids.length)
  for (const { id, value } of rows) assert.equal(BigInt(value), valueOfNumber(orderNumber(id)), id)
})

test('the range of any prefix, as people may write it, has exactly the numbers that begin with it', () => {
  const writings = fc.record({
    id: anyUuid,
    other: anyUuid,
    length: fc.integer({ min: 4, max: 10 }),
    dash: fc.boolean(),
    lower: fc.boolean(),
    confuse: fc.boolean(),
  })
  fc.assert(
    fc.property(writings, ({ id, other, length, dash, lower, confuse }) => {
      const digits = orderNumber(id).replace('-', '').slice(0, length)
      let text = dash && length >= 5 ? `${digits.slice(0, 5)}-${digits.slice(5)}` : digits
      if (confuse) text = text.replaceAll('0', 'O').replace('1', 'I').replaceAll('1', 'L')
      if (lower) text = text.toLowerCase()
      const range = orderNumberRange(text)
      assert.ok(range, text)
      const [from, to] = [BigInt(range.from), BigInt(range.to)]
      // the first and the last number with the prefix, and with them all in between and none beyond
      assert.equal(from, valueOfNumber(digits.padEnd(10, '0')), text)
      assert.equal(to, valueOfNumber(digits.padEnd(10, 'Z')), text)
      const value = valueOfNumber(orderNumber(other))
      assert.equal(value >= from && value <= to, orderNumber(other).replace('-', '').startsWith(digits))
    }),
    { numRuns: 1000 },
  )
})

for (const text of [
  '',
  '7KQ',
  'U',
  '7KQU',
  '7kqu',
  '7KQ4U-2XD9T',
  '7KQ4M-2XD9U',
  '7KQ4-M2XD9T',
  '7KQ4-',
  '-7KQ4M',
  '7KQ4M--2XD9T',
  '7KQ4M 2XD9T',
  '7KQ4M-2XD9T0',
  '7KQ4M2XD9T0',
  ' 7KQ4M',
  '7KQ4M\n',
  '7KQ4_',
  '7KQ%',
  'ſKQ4M',
  'ıKQ4M',
]) {
  test(`${JSON.stringify(text)} is not the beginning of a number`, () => {
    assert.equal(orderNumberRange(text), undefined)
  })
}

/** Stores orders as the version before does, which is the shortest way; returns nothing. */
async function insertOrders(ids: string[]) {
  const [userId, productId] = [await insertUser(database), await insertProduct(database)]
  await database.owner.query({
    text: `INSERT INTO orders (id, user_id, product_id, product_name, quantity, unit_amount, currency)
           SELECT id, $2, $3, 'Thing', 1, 1250, 'EUR' FROM unnest($1::uuid[]) AS id`,
    values: [ids, userId, productId],
  })
}

const byNumber = 'SELECT id FROM orders WHERE order_number_value(id) BETWEEN $1 AND $2 ORDER BY id'

async function search(text: string): Promise<string[]> {
  const { from, to } = orderNumberRange(text) ?? {}
  const rows = await database.db.query<{ id: string }>({ text: byNumber, values: [from, to] })
  return rows.map(({ id }) => id)
}

test('two orders with the same number are both stored, and both found', async () => {
  const twins = ['01a21190-bd82-7359-a7b1-123456789abc', '01a21190-bd83-7000-8001-123456789abc']
  const [first, second] = twins.map(orderNumber)
  assert.equal(first, second)
  await insertOrders([...twins, '01a21190-bd83-7000-8001-123456789abd'])
  assert.deepEqual(await search(first as string), twins)
  assert.equal((await search((first as string).slice(0, 9))).length, 3)
})

test('a search by number reads the index', async () => {
  const ids = Array.from({ length: 5000 }, () => uuidv7())
  await insertOrders(ids)
  await database.owner.query({ text: 'ANALYZE orders' })
  const [id] = ids as [string]
  assert.deepEqual(await search(orderNumber(id)), [id])
  for (const text of [orderNumber(id), orderNumber(id).slice(0, 4)]) {
    const { from, to } = orderNumberRange(text) ?? {}
    const plan = await database.db.query<{ 'QUERY PLAN': string }>({
      text: `EXPLAIN ${byNumber}`,
      values: [from, to],
    })
    const lines = plan.map((line) => line['QUERY PLAN']).join('\n')
    assert.match(lines, /orders_number_idx/)
    assert.doesNotMatch(lines, /Seq Scan/)
  }
})
