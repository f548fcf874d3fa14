import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import type { InjectOptions } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import type { OrderDetails } from '../../src/order.ts'
import { transitions } from '../../src/transitions.ts'
import { createTestApp, insertProduct, insertUser, type TestApp } from '../app.ts'
import { validBodies } from '../changes.ts'

/**
 * Whose data an operation reads or changes. `public`: nobody's. `own`: that of the caller. `one`: one order of the
 * caller, by its id. `all`: everybody's, for operators. `secret`: what the owner of a secret address asked for.
 */
type Access = { of: 'public' | 'own' | 'one' | 'all' | 'secret'; query?: string; body?: object }

const transitionAccess = transitions.map(({ verb, by }): [string, Access] => [
  `POST ${by === 'owner' ? '' : '/admin'}/orders/{id}/${verb}`,
  { of: by === 'owner' ? 'one' : 'all', body: validBodies[verb] },
])

/** Every operation of the service: a new one is not tested until somebody decides whose data it may show. */
const matrix: Record<string, Access> = {
  'GET /openapi.json': { of: 'public' },
  'GET /metrics': { of: 'public' },
  'GET /healthz': { of: 'public' },
  'GET /readyz': { of: 'public' },
  'GET /currencies': { of: 'public' },
  'GET /orders': { of: 'own', query: '?include=items' },
  'POST /orders': { of: 'own', body: { productId: uuidv7() } },
  'GET /orders/export': { of: 'own' },
  'GET /orders/stream': { of: 'own' },
  'POST /orders/export': { of: 'own', body: { format: 'ndjson' } },
  'GET /orders/export/download': { of: 'secret', query: '?token=guessed' },
  'GET /orders/{id}': { of: 'one' },
  'GET /orders/{id}/history': { of: 'one' },
  'GET /admin/orders': { of: 'all', query: '?include=items&countUpTo=10' },
  'GET /admin/orders/{id}': { of: 'all' },
  'GET /admin/orders/{id}/history': { of: 'all' },
  'GET /admin/stats': { of: 'all', query: '?from=2026-03-01&to=2026-03-02' },
  'POST /admin/exports': { of: 'all', body: { format: 'csv' } },
  'GET /admin/exports/download': { of: 'secret', query: '?token=guessed' },
  'POST /admin/erasures': { of: 'all', body: { userId: uuidv7() } },
  'GET /admin/erasures/{userId}': { of: 'all' },
  ...Object.fromEntries(transitionAccess),
}

type Person = { id: string; order: OrderDetails; headers: { authorization: string } }

let context: TestApp
let me: Person
let other: Person
let admin: Person

/** Creates a user with an order of two items whose address and metadata give its owner away. */
async function createPerson(role: 'customer' | 'admin' = 'customer'): Promise<Person> {
  const id = await insertUser(context.database)
  const headers = await asUser(id, role)
  const items = [
    { productId: await insertProduct(context.database) },
    { productId: await insertProduct(context.database) },
  ]
  const shippingAddress = { name: `Name ${id}`, line1: `Street ${id}`, city: 'Town', country: 'DE' }
  const body = { items, shippingAddress, metadata: { of: id } }
  const response = await context.app.inject({ method: 'POST', url: '/orders', headers, body })
  assert.equal(response.statusCode, 201, response.body)
  return { id, order: response.json(), headers }
}

before(async () => {
  context = await createTestApp()
  me = await createPerson()
  other = await createPerson()
  admin = await createPerson('admin')
})
after(() => context.close())

/** Returns the request of an operation; `{id}` and `{userId}` become those of `person`. */
function requestOf(operation: string, person: Person, orderId = person.order.id): InjectOptions {
  const [method, path = ''] = operation.split(' ') as ['GET' | 'POST', string]
  const { query = '', body } = matrix[operation] as Access
  const url = path.replace('{id}', orderId).replace('{userId}', person.id) + query
  return { method, url, ...(body && { body }) }
}

const operationsOf = (...kinds: Access['of'][]) =>
  Object.entries(matrix)
    .filter(([, { of }]) => kinds.includes(of))
    .map(([operation]) => operation)

const send = (options: InjectOptions) => context.app.inject(options)

/** Returns everything that is stored about a person's orders. */
const stored = ({ id }: Person) =>
  context.database.owner.query({
    text: `SELECT to_jsonb(orders) AS row FROM orders WHERE user_id = $1
           UNION ALL SELECT to_jsonb(order_events) FROM order_events WHERE user_id = $1
           UNION ALL SELECT to_jsonb(erasures) FROM erasures WHERE user_id = $1`,
    values: [id],
  })

type Documented = { paths: Record<string, Record<string, { security?: object[] }>> }

test('every operation of the OpenAPI document is here, and says whether it needs a token', () => {
  const { paths } = context.app.swagger() as unknown as Documented
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      operation: `${method.toUpperCase()} ${path}`,
      needsToken: security !== undefined && security.length > 0,
    })),
  )
  const decided = Object.entries(matrix).map(([operation, { of }]) => ({
    operation,
    needsToken: of !== 'public' && of !== 'secret',
  }))
  const sorted = (list: { operation: string }[]) =>
    list.toSorted((one, next) => (one.operation < next.operation ? -1 : 1))
  assert.deepEqual(sorted(decided), sorted(documented))
})

for (const operation of operationsOf('own', 'one', 'all')) {
  test(`${operation} without a token is a 401`, async () => {
    const response = await send(requestOf(operation, other))
    assert.deepEqual([response.statusCode, response.json().code], [401, 'token_missing'])
  })
}

for (const operation of operationsOf('all')) {
  test(`${operation} is a 403 for a customer, even about the customer's own orders`, async () => {
    for (const person of [me, other]) {
      const before = await stored(person)
      for (const claims of [{}, { 'x-user-role': 'admin', 'if-match': '*', 'idempotency-key': uuidv7() }]) {
        const headers = { ...me.headers, ...claims }
        const response = await send({ ...requestOf(operation, person), headers })
        assert.deepEqual([response.statusCode, response.json().code], [403, 'role_required'])
        assert.ok(!response.body.includes(person.order.id))
      }
      assert.deepEqual(await stored(person), before)
    }
  })
}

for (const operation of operationsOf('all')) {
  test(`${operation} is understood from an admin`, async () => {
    const person = await createPerson()
    const { statusCode, body } = await send({ ...requestOf(operation, person), headers: admin.headers })
    assert.ok([200, 201, 404, 409].includes(statusCode), `${statusCode} ${body}`)
  })
}

for (const operation of operationsOf('one')) {
  test(`${operation} of another user's order is that of a missing one, for an admin too`, async () => {
    const before = await stored(other)
    for (const asker of [me, admin]) {
      for (const claims of [{}, { 'if-match': '"1"' }, { 'if-match': '"9"' }, { 'idempotency-key': 'k' }]) {
        const ask = async (orderId: string) => {
          const headers = { ...asker.headers, ...claims, 'x-user-id': other.id, 'x-request-id': 'same' }
          const {
            statusCode,
            headers: answered,
            body,
          } = await send({
            ...requestOf(operation, other, orderId),
            headers,
          })
          const { date, ...rest } = answered
          return { statusCode, headers: rest, body }
        }
        const answer = await ask(other.order.id)
        assert.equal(answer.statusCode, 404)
        assert.deepEqual(answer, await ask(uuidv7()))
      }
    }
    assert.deepEqual(await stored(other), before)
  })
}

/** Returns what a person gets by each operation that shows the caller's own orders. */
async function ownTexts({ headers }: Person): Promise<string[]> {
  const get = async (url: string, accept = '*/*') => {
    const { statusCode, body } = await send({ url, headers: { ...headers, accept } })
    assert.equal(statusCode, 200, body)
    return body
  }
  const link = await send({ ...requestOf('POST /orders/export', me), headers })
  return [
    await get('/orders'),
    await get('/orders?include=items'),
    await get('/orders/export', 'application/x-ndjson'),
    await get('/orders/export', 'text/csv'),
    await get(link.json().url),
  ]
}

test("lists and exports hold the caller's own orders and nothing of others, for an admin too", async () => {
  for (const person of [me, other, admin]) {
    const others = [me, other, admin].filter((each) => each !== person)
    for (const text of await ownTexts(person)) {
      assert.ok(text.includes(person.order.id), text)
      for (const { id, order } of others)
        for (const foreign of [id, order.id, order.items[0]?.productId ?? ''])
          assert.ok(!text.includes(foreign), text)
    }
  }
})

test('public operations and guessed addresses show nothing of anybody', async () => {
  for (const operation of operationsOf('public', 'secret')) {
    const { body } = await send({ ...requestOf(operation, other), headers: me.headers })
    for (const { id, order } of [me, other, admin])
      for (const secret of [id, order.id]) assert.ok(!body.includes(secret), operation)
  }
})

test("another user's idempotency key has no effect on a change", async () => {
  const [mine, theirs] = [await createPerson(), await createPerson()]
  const cancel = (who: Person, body: object) =>
    send({
      method: 'POST',
      url: `/orders/${who.order.id}/cancel`,
      headers: { ...who.headers, 'idempotency-key': 'shared' },
      body,
    })
  const first = await cancel(theirs, { note: 'theirs' })
  const second = await cancel(mine, { note: 'mine' })
  for (const [answer, person] of [
    [first, theirs],
    [second, mine],
  ] as const) {
    assert.equal(answer.statusCode, 200, answer.body)
    assert.equal(answer.headers['idempotent-replayed'], undefined)
    assert.equal(answer.json().id, person.order.id)
  }
})
