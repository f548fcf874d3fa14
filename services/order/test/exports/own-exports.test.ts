import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { sliceSize } from '../../src/db/export-repository.ts'
import type { OrderDetails } from '../../src/order.ts'
import { createTestApp, insertProduct, insertUser, productClient, type TestApp } from '../app.ts'
import { insertManyOrders } from './exports.ts'
import { rowsOf } from './parse-csv.ts'

/** Names of products that are hard to write into a file. */
const names = [
  'Plain',
  'A "quoted" name',
  'Comma, semicolon; and tab\t',
  'Two\nlines',
  'Two\r\nWindows lines',
  'Kettle 🫖 für Großmutter',
  '=HYPERLINK("http://example.com")',
  '+1',
  '-5',
  '@SUM(A1)',
  '\t=1',
  '{"json": true}',
]

let context: TestApp
let me: string
let products: string[]
let headers: { authorization: string }

before(async () => {
  const nameOf = new Map<string, string>()
  context = await createTestApp({
    products: productClient((id) => ({ name: nameOf.get(id) ?? 'Thing', unitAmount: 1250, currency: 'KWD' })),
  })
  me = await insertUser(context.database)
  headers = await asUser(me)
  products = await Promise.all(names.map(() => insertProduct(context.database)))
  for (const [index, id] of products.entries()) nameOf.set(id, names[index] as string)
})
after(() => context.close())

const { stringify } = JSON

async function place(body: object, who = headers) {
  const response = await context.app.inject({ method: 'POST', url: '/orders', headers: who, body })
  assert.equal(response.statusCode, 201, response.body)
  return response.json() as OrderDetails
}

async function get(accept: string | undefined, who = headers) {
  const response = await context.app.inject({
    url: '/orders/export',
    headers: { ...who, ...(accept !== undefined && { accept }) },
  })
  return response
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as OrderDetails)

test('both formats have all orders with their items, exactly as they were placed', async () => {
  const shippingAddress = {
    name: '=cmd|calc',
    line1: 'Line, "one"',
    line2: '@home',
    city: 'Köln\n',
    country: 'DE',
    postalCode: '-5',
  }
  const metadata = { '=1': 'a,"b"\n' }
  const large = await place({
    items: products.map((productId, index) => ({ productId, quantity: index + 1 })),
    shippingAddress,
    metadata,
  })
  const small = await place({ productId: products[0] })

  const ndjson = await get(undefined)
  assert.equal(ndjson.statusCode, 200)
  assert.equal(ndjson.headers['content-type'], 'application/x-ndjson')
  const orders = linesOf(ndjson.body)
  assert.deepEqual(orders, [small, large])
  // each line is what GET /orders/:id answers
  const alone = await context.app.inject({ url: `/orders/${large.id}`, headers })
  assert.deepEqual(orders[1], alone.json())

  const csv = await get('text/csv')
  assert.equal(csv.headers['content-type'], 'text/csv; charset=utf-8')
  const rows = rowsOf(csv.body)
  assert.deepEqual(
    rows.map(({ orderId, position, quantity }) => [orderId, position, quantity]),
    [[small.id, '1', '1'], ...products.map((_, index) => [large.id, String(index + 1), String(index + 1)])],
  )
  const guarded = names.map((name) => (/^[=+\-@\t\r]/.test(name) ? `'${name}` : name))
  assert.deepEqual(
    rows.slice(1).map(({ productName }) => productName),
    guarded,
  )
  const [, first] = rows
  const { totalAmount, total, unitAmount, unitPrice, currency, itemTotal } = first as Record<string, string>
  assert.deepEqual(
    { totalAmount, total, unitAmount, unitPrice, currency, itemTotal },
    {
      totalAmount: String(large.totalAmount),
      total: '97.500',
      unitAmount: '1250',
      unitPrice: '1.250',
      currency: 'KWD',
      itemTotal: '1.250',
    },
  )
  assert.equal(first?.shippingName, "'=cmd|calc")
  assert.equal(first?.shippingLine1, 'Line, "one"')
  assert.equal(first?.shippingLine2, "'@home")
  assert.equal(first?.shippingCity, 'Köln\n')
  // written by people, so it is a text, not the number that it looks like
  assert.equal(first?.shippingPostalCode, "'-5")
  assert.equal(first?.shippingRegion, '')
  assert.equal(first?.metadata, stringify(metadata))
  assert.ok(!('paymentReference' in (first ?? {})), 'only operators see it')
})

test('the file is an attachment with a name, and is not kept in caches', async () => {
  for (const [accept, extension] of [
    ['*/*', 'ndjson'],
    ['text/csv', 'csv'],
  ]) {
    const response = await get(accept)
    assert.match(
      String(response.headers['content-disposition']),
      new RegExp(`^attachment; filename="orders-\\d{4}-\\d\\d-\\d\\d\\.${extension}"$`),
    )
    assert.equal(response.headers['cache-control'], 'no-store')
  }
})

test('orders beyond one slice follow newest first, each once, also those of the same moment', async () => {
  const userId = await insertUser(context.database)
  const who = await asUser(userId)
  const productId = products[0] as string
  const count = 2 * sliceSize + 50
  await insertManyOrders(context, { userId, productId, count })
  // a moment shared by more orders than a slice has
  await context.database.owner.query({
    text: `INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency, created_at)
           SELECT $1, $2, 'Same', 1, 100, 'EUR', now() - interval '5.5 minutes' FROM generate_series(1, $3::int)`,
    values: [userId, productId, sliceSize + 10],
  })
  const expected = await context.database.owner.query<{ id: string }>({
    text: 'SELECT id FROM orders WHERE user_id = $1 ORDER BY created_at DESC, id DESC',
    values: [userId],
  })
  const orders = linesOf((await get(undefined, who)).body)
  assert.deepEqual(
    orders.map(({ id }) => id),
    expected.map(({ id }) => id),
  )
  assert.deepEqual(
    rowsOf((await get('text/csv', who)).body).map(({ orderId }) => orderId),
    expected.map(({ id }) => id),
  )
})

test('exactly one slice, and none at all, are whole files', async () => {
  const userId = await insertUser(context.database)
  const who = await asUser(userId)
  assert.equal((await get(undefined, who)).body, '')
  assert.deepEqual(rowsOf((await get('text/csv', who)).body), [])
  assert.match((await get('text/csv', who)).body, /^orderId,number,.*,metadata\r\n$/)
  await insertManyOrders(context, { userId, productId: products[0] as string, count: sliceSize })
  assert.equal(linesOf((await get(undefined, who)).body).length, sliceSize)
})

test('another user, and a user without an account, get their own orders only', async () => {
  const other = await insertUser(context.database)
  const order = await place({ productId: products[0] }, await asUser(other))
  const theirs = linesOf((await get(undefined, await asUser(other, 'admin'))).body)
  assert.deepEqual(
    theirs.map(({ id }) => id),
    [order.id],
  )
  assert.ok(!(await get(undefined)).body.includes(order.id))
  assert.equal((await get(undefined, await asUser(uuidv7()))).body, '')
})

test('types that are not offered are refused, and nothing is read for HEAD', async () => {
  const refused = await get('application/json, text/html;q=0.9')
  assert.equal(refused.statusCode, 406)
  assert.equal(refused.json().code, 'not_acceptable')
  const response = await context.app.inject({
    method: 'HEAD',
    url: '/orders/export',
    headers: { ...headers, accept: 'text/csv' },
  })
  assert.equal(response.statusCode, 200)
  assert.equal(response.headers['content-type'], 'text/csv; charset=utf-8')
  assert.equal(response.headers['content-length'], undefined)
  assert.equal(response.body, '')
})
