import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { type OrderStatus, orderStatuses } from '../../src/order.ts'
import { orderNumber } from '../../src/order-number.ts'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'
import { act, placeOrder } from '../changes.ts'
import { createUserService, type UserService } from '../user-service.ts'

type Row = {
  id: string
  userId: string
  products: string[]
  status: OrderStatus
  createdAt: string
  trackingNumber: string | null
  latePayment: boolean
}

let context: TestApp
let userService: UserService
let operator: { authorization: string }
let alice: string
let bob: string
let products: [string, string]
/** All orders as they are stored, in the order of the list. */
let rows: Row[]

before(async () => {
  const accounts: { id: string; email: string; name: string }[] = []
  userService = createUserService(accounts)
  context = await createTestApp({ users: userService.users })
  const { database } = context
  operator = await asUser(uuidv7(), 'admin')
  alice = await insertUser(database)
  bob = await insertUser(database)
  accounts.push(
    { id: alice, email: 'Alice@Example.com', name: 'Alice' },
    { id: bob, email: 'bob@example.com', name: 'Bob' },
  )
  products = [await insertProduct(database), await insertProduct(database)]
  const ids: string[] = []
  for (let hour = 0; hour < 48; hour++) {
    const order = {
      userId: hour % 2 ? alice : bob,
      productId: products[Math.floor(hour / 2) % 2] as string,
      status: orderStatuses[Math.floor(hour / 4) % orderStatuses.length] as OrderStatus,
      createdAt: new Date(Date.UTC(2026, 2, 1, hour)).toISOString(),
    }
    ids.push(await insertOrder(database, order))
  }
  // two parcels with one number, and two payments after cancellations, one of them refunded
  for (const hour of [4, 5])
    await act(context, {
      orderId: ids[hour] as string,
      verb: 'ship',
      body: { carrier: 'Post', trackingNumber: 'PP 1' },
    })
  for (const hour of [16, 17]) await act(context, { orderId: ids[hour] as string, verb: 'pay' })
  await act(context, { orderId: ids[16] as string, verb: 'refund' })
  await placeOrder(context, alice)
  rows = await readRows()
})
after(async () => {
  await context.close()
  await userService.close()
})

const readRows = () =>
  context.database.owner.query<Row>({
    text: `SELECT id, user_id AS "userId", status, created_at AS "createdAt", tracking_number AS "trackingNumber",
             late_payment AS "latePayment",
             (SELECT array_agg(product_id) FROM order_items WHERE order_id = orders.id) AS products
           FROM orders ORDER BY orders.created_at DESC, id DESC`,
  })

async function list(query: Record<string, string>) {
  const url = `/admin/orders?${new URLSearchParams({ limit: '100', ...query })}`
  const response = await context.app.inject({ url, headers: operator })
  return { status: response.statusCode, body: response.json(), text: response.body }
}

async function assertLists(query: Record<string, string>, expected: Row[]) {
  const { status, body, text } = await list(query)
  assert.equal(status, 200, text)
  assert.deepEqual(
    body.data.map(({ id }: Row) => id),
    expected.map(({ id }) => id),
    JSON.stringify(query),
  )
}

const emails = () =>
  new Map([
    ['alice@example.com', alice],
    ['bob@example.com', bob],
  ])

const digitsOf = (id: string) => orderNumber(id).replace('-', '')

/** Whether an order matches the value of a filter. */
const matches: Record<string, (row: Row, value: string) => boolean> = {
  id: (row, value) => row.id === value,
  number: (row, value) => digitsOf(row.id).startsWith(value),
  trackingNumber: (row, value) => row.trackingNumber === value,
  status: (row, value) => value.split(',').includes(row.status),
  userId: (row, value) => row.userId === value,
  email: (row, value) => row.userId === emails().get(value),
  productId: (row, value) => row.products.includes(value),
  latePayment: (row) => row.latePayment,
  createdFrom: (row, value) => Date.parse(row.createdAt) >= Date.parse(value),
  createdTo: (row, value) => Date.parse(row.createdAt) < Date.parse(value),
}

/** Values that the order matches, and others with it. */
const valuesFor = (row: Row): Record<string, string> => ({
  id: row.id,
  number: digitsOf(row.id).slice(0, 4),
  trackingNumber: 'PP 1',
  status: `pending,${row.status},refunded`,
  userId: row.userId,
  email: row.userId === alice ? 'alice@example.com' : 'bob@example.com',
  productId: row.products[0] as string,
  latePayment: 'true',
  createdFrom: new Date(Date.parse(row.createdAt) - 3 * 3_600_000).toISOString(),
  createdTo: new Date(Date.parse(row.createdAt) + 3 * 3_600_000).toISOString(),
})

/** Returns the errors of a combination that no index answers. */
function expectedErrors(names: string[]) {
  if (['id', 'number', 'trackingNumber'].some((key) => names.includes(key))) return []
  const pairs = [
    ['productId', 'status'],
    ['productId', 'userId'],
    ['productId', 'email'],
    ['productId', 'latePayment'],
    ['latePayment', 'status'],
    ['latePayment', 'userId'],
    ['latePayment', 'email'],
  ]
  return pairs
    .filter((pair) => pair.every((name) => names.includes(name)))
    .map(([parameter, other]) => ({ parameter, detail: `cannot be combined with ${other}` }))
}

/** Returns all subsets of the filters, the empty one included. */
const subsets = (names: string[]): string[][] =>
  Array.from({ length: 2 ** names.length }, (_, bits) => names.filter((_, bit) => bits & (2 ** bit)))

for (const key of ['without a key', 'id', 'number', 'trackingNumber']) {
  const others = ['status', 'userId', 'email', 'productId', 'latePayment', 'createdFrom', 'createdTo']
  test(`each combination of filters (${key}) lists exactly the matching orders, or says that it cannot`, async () => {
    for (const set of subsets(others)) {
      const names = key === 'without a key' ? set : [key, ...set]
      const pivot = rows.find((row) => (set.includes('latePayment') ? row.latePayment : row.trackingNumber))
      assert.ok(pivot)
      const values = valuesFor(pivot)
      const query = Object.fromEntries(names.map((name) => [name, values[name] as string]))
      const errors = expectedErrors(names)
      if (errors.length > 0) {
        const { status, body } = await list(query)
        assert.equal(status, 400)
        assert.equal(body.code, 'unsupported_filters')
        assert.deepEqual(body.errors, errors)
      } else {
        const matching = rows.filter((row) =>
          Object.entries(query).every(([name, value]) => matches[name]?.(row, value)),
        )
        const isPossible = key !== 'trackingNumber' || !set.includes('latePayment')
        assert.equal(matching.length > 0, isPossible)
        await assertLists(query, matching)
      }
    }
  })
}

test('all keys together find the one order that has them all', async () => {
  const row = rows.find(({ trackingNumber }) => trackingNumber) as Row
  const { id, number, trackingNumber } = valuesFor(row) as Record<'id' | 'number' | 'trackingNumber', string>
  await assertLists({ id, number, trackingNumber }, [row])
  await assertLists({ id, number, trackingNumber: 'PP 2' }, [])
  await assertLists({ id: (rows[0] as Row).id, trackingNumber }, [])
})

test('several statuses are listed together, each order once, in any order of the statuses', async () => {
  const expected = rows.filter(({ status }) => status === 'paid' || status === 'pending')
  for (const status of ['paid,pending', 'pending,paid', 'paid,pending,paid'])
    await assertLists({ status }, expected)
  await assertLists({ status: orderStatuses.join() }, rows)
})

test('an email is found in any capitalisation', async () => {
  const ofAlice = rows.filter(({ userId }) => userId === alice)
  for (const email of ['alice@example.com', 'ALICE@EXAMPLE.COM', 'Alice@Example.com'])
    await assertLists({ email }, ofAlice)
})

test('an email without an account, or of another user than userId, lists no orders', async () => {
  for (const query of [{ email: 'nobody@example.com' }, { email: 'bob@example.com', userId: alice }]) {
    const { status, body } = await list({ ...query, countUpTo: '10' })
    assert.equal(status, 200)
    assert.deepEqual(body, {
      data: [],
      meta: { limit: 100, nextCursor: null, count: 0, countIsExact: true, customers: 'available' },
    })
  }
  await assertLists(
    { email: 'alice@example.com', userId: alice.toUpperCase() },
    rows.filter(({ userId }) => userId === alice),
  )
})

test('a refused request does not ask for the email', async () => {
  const before = userService.calls.length
  const email = 'alice@example.com'
  for (const query of [
    { email, productId: products[0] },
    { email, createdFrom: '2026-03-02T00:00:00Z', createdTo: '2026-03-01T00:00:00Z' },
  ]) {
    assert.equal((await list(query)).status, 400)
  }
  assert.equal(userService.calls.length, before)
})

test('ids are found in capitals', async () => {
  const [row] = rows as [Row]
  await assertLists({ id: row.id.toUpperCase() }, [row])
  await assertLists(
    { productId: products[1].toUpperCase() },
    rows.filter((each) => each.products.includes(products[1])),
  )
})

test('a product is found in any item', async () => {
  const row = rows.find((each) => each.products.length === 3) as Row
  for (const productId of row.products) await assertLists({ productId }, [row])
})

test('a number is found from four characters, in any case, with or without the dash, and as it is misread', async () => {
  for (const row of rows) {
    const number = orderNumber(row.id)
    const digits = digitsOf(row.id)
    const misread = digits.replaceAll('0', 'o').replaceAll('1', 'l')
    for (const text of [
      number,
      number.toLowerCase(),
      digits,
      misread,
      misread.toUpperCase().replaceAll('L', 'I'),
    ])
      await assertLists({ number: text }, [row])
    for (const prefix of [digits.slice(0, 4), digits.slice(0, 5), number.slice(0, 6), number.slice(0, 9)]) {
      const expected = rows.filter((each) => digitsOf(each.id).startsWith(prefix.replace('-', '')))
      await assertLists({ number: prefix.toLowerCase() }, expected)
    }
  }
})

for (const query of [
  { number: 'ABC' },
  { number: 'ABCDEFGHJKM' },
  { number: 'ABCU' },
  { number: 'AB-CD' },
  { status: 'lost' },
  { status: '' },
  { status: 'paid,' },
  { status: 'paid, pending' },
  { email: 'alice' },
  { userId: 'x' },
  { id: '' },
  { productId: '*' },
  { trackingNumber: ' ' },
  { trackingNumber: 'a\u0000b' },
  { latePayment: 'false' },
  { countUpTo: '0' },
  { countUpTo: '1001' },
  { include: 'history' },
  { offset: '0' },
  { q: 'alice' },
]) {
  const text = new URLSearchParams(query as Record<string, string>).toString()
  test(`?${text} is a 400 that names the parameter`, async () => {
    const { status, body } = await list(query as Record<string, string>)
    assert.equal(status, 400)
    assert.equal(body.code, 'validation_failed')
    assert.deepEqual(
      body.errors.map(({ parameter }: { parameter: string }) => parameter),
      Object.keys(query),
    )
  })
}
