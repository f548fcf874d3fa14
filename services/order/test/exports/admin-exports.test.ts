import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { v7 as uuidv7 } from 'uuid'
import type { OrderDetails, OrderStatus } from '../../src/order.ts'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'
import { rowsOf } from './parse-csv.ts'

type Row = { id: string; userId: string; productId: string; status: OrderStatus; createdAt: string }

const logLines: string[] = []
const operatorId = uuidv7()
let context: TestApp
let operator: { authorization: string }
/** Newest first. */
let rows: Row[]

before(async () => {
  context = await createTestApp({ logLines })
  operator = await asUser(operatorId, 'admin')
  const { database } = context
  const users = [await insertUser(database), await insertUser(database)]
  const products = [await insertProduct(database), await insertProduct(database)]
  rows = []
  for (let hour = 0; hour < 24; hour++) {
    const row = {
      userId: users[hour % 2] as string,
      productId: products[Math.floor(hour / 2) % 2] as string,
      status: (['pending', 'paid', 'cancelled'] as const)[hour % 3] as OrderStatus,
      createdAt: `2026-03-01T${String(hour).padStart(2, '0')}:00:00.123456Z`,
    }
    rows.unshift({ id: await insertOrder(database, row), ...row })
  }
})
after(() => context.close())

const create = (body: object) =>
  context.app.inject({ method: 'POST', url: '/admin/exports', headers: operator, body })

async function exported(body: object): Promise<string> {
  const created = await create(body)
  assert.equal(created.statusCode, 201, created.body)
  const response = await context.app.inject(created.json().url)
  assert.equal(response.statusCode, 200, response.body)
  return response.body
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as OrderDetails)

test('each supported combination of filters has exactly the matching orders, newest first', async () => {
  const { userId, productId } = rows[0] as Row
  const ofUser = (row: Row) => row.userId === userId
  const ofProduct = (row: Row) => row.productId === productId
  const inStatus =
    (...statuses: OrderStatus[]) =>
    (row: Row) =>
      statuses.includes(row.status)
  const [from, to] = ['2026-03-01T05:00:00.123456Z', '2026-03-01T18:30:00.123456+01:00']
  const inRange = ({ createdAt }: Row) => createdAt >= from && Date.parse(createdAt) < Date.parse(to)
  const range = { createdFrom: from, createdTo: to }
  const combinations: [object, (row: Row) => boolean][] = [
    [{}, () => true],
    [range, inRange],
    [{ status: ['paid'] }, inStatus('paid')],
    [
      { status: ['cancelled', 'pending'], ...range },
      (row) => inStatus('cancelled', 'pending')(row) && inRange(row),
    ],
    [{ userId }, ofUser],
    [{ userId: userId.toUpperCase(), ...range }, (row) => ofUser(row) && inRange(row)],
    [{ userId, status: ['paid', 'pending'] }, (row) => ofUser(row) && inStatus('paid', 'pending')(row)],
    [
      { userId, status: ['paid', 'pending'], ...range },
      (row) => ofUser(row) && inStatus('paid', 'pending')(row) && inRange(row),
    ],
    [{ productId }, ofProduct],
    [{ productId, ...range }, (row) => ofProduct(row) && inRange(row)],
    [{ userId: uuidv7() }, () => false],
  ]
  for (const [filters, matches] of combinations) {
    const orders = linesOf(await exported({ format: 'ndjson', filters }))
    const expected = rows.filter(matches).map(({ id }) => id)
    assert.deepEqual(
      orders.map(({ id }) => id),
      expected,
      JSON.stringify(filters),
    )
  }
})

test('combinations without an index, and ranges that are none, are refused when the address is created', async () => {
  const { userId, productId } = rows[0] as Row
  for (const filters of [
    { productId, userId },
    { productId, status: ['paid'] },
    { productId, userId, status: ['paid'] },
  ]) {
    const response = await create({ format: 'csv', filters })
    assert.equal(response.statusCode, 400)
    const { code, errors } = response.json()
    assert.equal(code, 'unsupported_filters')
    assert.equal(errors[0].pointer, '/filters/productId')
  }
  const time = '2026-03-01T00:00:00Z'
  const invalid: [object, string][] = [
    [{ createdFrom: time, createdTo: time }, '/filters/createdTo'],
    [{ createdTo: '2026-02-30T00:00:00Z' }, '/filters/createdTo'],
    [{ createdFrom: 'yesterday' }, '/filters/createdFrom'],
    [{ status: [] }, '/filters/status'],
    [{ status: ['paid', 'paid'] }, '/filters/status'],
    [{ status: ['lost'] }, '/filters/status/0'],
    [{ userId: 'me' }, '/filters/userId'],
    [{ email: 'a@b' }, '/filters/email'],
  ]
  for (const [filters, pointer] of invalid) {
    const response = await create({ format: 'csv', filters })
    assert.equal(response.statusCode, 400, JSON.stringify(filters))
    assert.equal(response.json().errors[0].pointer, pointer)
  }
})

test('an operator sees what owners do not: the reference of the payment', async () => {
  const [id] = rows.filter(({ status }) => status === 'pending').map((row) => row.id)
  const paid = await context.app.inject({
    method: 'POST',
    url: `/admin/orders/${id}/pay`,
    headers: operator,
    body: { reference: '=ref-1' },
  })
  assert.equal(paid.statusCode, 200)
  const lines = linesOf(await exported({ format: 'ndjson' }))
  assert.deepEqual(
    lines.find((order) => order.id === id),
    paid.json(),
  )
  const [row] = rowsOf(await exported({ format: 'csv' })).filter(({ orderId }) => orderId === id)
  assert.equal(row?.paymentReference, "'=ref-1")
})

test('the excel format has a byte order mark and the separators of the locale', async () => {
  const german = await exported({ format: 'excel', locale: 'de-AT' })
  assert.ok(german.startsWith('\uFEFForderId;number;'))
  const [row] = rowsOf(german.slice(1), ';')
  assert.equal(row?.total, '12,50')
  assert.equal(row?.totalAmount, '1250')
  const english = await exported({ format: 'excel' })
  assert.ok(english.startsWith('\uFEFForderId,number,'))
  assert.equal(rowsOf(english.slice(1))[0]?.total, '12.50')
  const plain = await exported({ format: 'csv' })
  assert.ok(plain.startsWith('orderId,'))
})

test('a locale is refused if it is not known, or not with the excel format', async () => {
  for (const body of [
    { format: 'excel', locale: 'xx-YY' },
    { format: 'excel', locale: 'de_DE' },
    { format: 'excel', locale: '' },
    { format: 'csv', locale: 'de' },
    { format: 'ndjson', locale: 'de' },
  ]) {
    const response = await create(body)
    assert.equal(response.statusCode, 400, JSON.stringify(body))
    assert.equal(response.json().errors[0].pointer, '/locale')
  }
})

test('the log says who has exported what, and how many orders', async () => {
  logLines.length = 0
  const filters = { status: ['cancelled'], createdFrom: '2026-03-01T05:00:00Z' }
  await exported({ format: 'csv', filters })
  await until(() => logLines.some((line) => line.includes('export ended')))
  const lines = logLines.map((line) => JSON.parse(line)).filter(({ msg }) => /^export /.test(msg))
  const about = { userId: operatorId, party: 'operator', format: 'csv', filters }
  const count = rows.filter(
    ({ status, createdAt }) => status === 'cancelled' && createdAt > '2026-03-01T05',
  ).length
  assert.deepEqual(
    lines.map(({ level, msg, export: what, orders, isComplete }) => ({
      level,
      msg,
      what,
      orders,
      isComplete,
    })),
    [
      { level: 'info', msg: 'export started', what: about, orders: undefined, isComplete: undefined },
      { level: 'info', msg: 'export ended', what: about, orders: count, isComplete: true },
    ],
  )
})
