import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { encodeCursor } from '@shop/service/paging/cursor'
import { asUser } from '@shop/tests/kit/tokens'
import type { InjectOptions } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import { orderStatuses } from '../../src/order.ts'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'

type Order = { id: string; userId: string; status: string; createdAt: string }
type Person = { id: string; orders: string[]; headers: { authorization: string } }

let context: TestApp
let productId: string
let me: Person
let other: Person
let nobody: Person
let admin: Person

/** Creates a user with an order in every status, at the same times as all other users' orders. */
async function createPerson(
  role: 'customer' | 'admin' = 'customer',
  count: number = orderStatuses.length,
): Promise<Person> {
  const id = await insertUser(context.database)
  const orders: string[] = []
  for (const [index, status] of orderStatuses.slice(0, count).entries()) {
    const createdAt = `2026-03-01T12:00:0${index}.123456Z`
    orders.push(await insertOrder(context.database, { userId: id, productId, status, createdAt }))
  }
  return { id, orders, headers: await asUser(id, role) }
}

before(async () => {
  context = await createTestApp()
  productId = await insertProduct(context.database)
  me = await createPerson()
  other = await createPerson()
  nobody = await createPerson('customer', 0)
  admin = await createPerson('admin', 2)
})
after(() => context.close())

const send = (options: InjectOptions) => context.app.inject(options)
const get = (url: string, who: Person) => send({ url, headers: who.headers })

/** Returns everything that a client can distinguish in an answer, except the request id. */
async function shapeOf(options: InjectOptions, ids: string[]) {
  const { statusCode, headers, body } = await send(options)
  const { date, 'x-request-id': requestId, ...rest } = headers
  for (const id of ids) assert.ok(!body.includes(id), 'the requested id is not repeated')
  return { statusCode, headers: rest, body: body.replaceAll(String(requestId), '') }
}

test("a missing order and another user's order get the same bytes, for any caller and any spelling of the id", async () => {
  for (const asker of [me, nobody, admin]) {
    for (const foreign of other.orders) {
      for (const write of [(id: string) => id, (id: string) => id.toUpperCase()]) {
        const missing = uuidv7()
        const ask = (id: string) =>
          shapeOf({ url: `/orders/${write(id)}`, headers: asker.headers }, [foreign, missing])
        const answer = await ask(foreign)
        assert.equal(answer.statusCode, 404)
        assert.deepEqual(answer, await ask(missing))
      }
    }
  }
})

test("no other method, header or parameter opens another user's order", async () => {
  const [foreign = ''] = other.orders
  const claims = {
    'x-user-id': other.id,
    'x-user': other.id,
    'x-user-role': 'admin',
    'x-forwarded-user': other.id,
    'x-original-url': `/orders/${foreign}`,
    'x-http-method-override': 'DELETE',
    cookie: `userId=${other.id}`,
  }
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'POST', 'OPTIONS'] as const) {
    const headers = { ...me.headers, ...claims }
    const response = await send({ method, url: `/orders/${foreign}?userId=${other.id}`, headers })
    assert.ok([404, 405].includes(response.statusCode), `${method} ${response.statusCode}`)
    assert.ok(!response.body.includes(other.id))
  }
})

const filters = ['', ...orderStatuses.map((status) => `&status=${status}`)]

for (const filter of filters) {
  test(`lists and counts contain only the caller's own orders, with "${filter}"`, async () => {
    for (const person of [me, other, nobody, admin]) {
      const listed: Order[] = []
      let url: string | undefined = `/orders?limit=1${filter}`
      while (url) {
        const { data, meta } = (await get(url, person)).json() as {
          data: Order[]
          meta: { count: number; nextCursor: string | null }
        }
        listed.push(...data)
        const own = filter
          ? person.orders.filter((_, index) => filter.endsWith(orderStatuses[index] as string))
          : person.orders
        assert.equal(meta.count, own.length)
        url = meta.nextCursor ? `/orders?limit=1${filter}&cursor=${meta.nextCursor}` : undefined
        assert.ok(listed.every(({ id, userId }) => userId === person.id && own.includes(id)))
        if (!url) assert.equal(listed.length, own.length)
      }
    }
  })

  test(`another user's cursor is refused like a made-up one, with "${filter}"`, async () => {
    const { meta } = (await get('/orders?limit=1', other)).json()
    for (const asker of [me, nobody, admin]) {
      const ask = (cursor: string) =>
        shapeOf({ url: `/orders?limit=1${filter}&cursor=${cursor}`, headers: asker.headers }, other.orders)
      const answer = await ask(meta.nextCursor)
      assert.equal(answer.statusCode, 400)
      assert.deepEqual(answer, await ask('A'.repeat(meta.nextCursor.length)))
    }
  })

  test(`a cursor forged from another user's order shows only the caller's own orders, with "${filter}"`, async () => {
    for (const [index, foreign] of other.orders.entries()) {
      const place = { createdAt: `2026-03-01 12:00:0${index}.123456+00`, id: foreign }
      const cursor = encodeCursor(place, me.id)
      const response = await get(`/orders?cursor=${cursor}${filter}`, me)
      assert.equal(response.statusCode, 200, response.body)
      const { data } = response.json() as { data: Order[] }
      assert.ok(data.every(({ userId }) => userId === me.id))
      assert.ok(!response.body.includes(foreign))
    }
  })
}

test('no parameter chooses whose orders are listed', async () => {
  for (const name of ['userId', 'user_id', 'user', 'sub', 'owner', '__proto__', 'id']) {
    const response = await get(`/orders?${name}=${other.id}`, me)
    assert.equal(response.statusCode, 400)
  }
})

test('an order is placed for the user of the token, whatever else the request says', async () => {
  for (const member of [
    'userId',
    'user_id',
    'user',
    'status',
    'id',
    'unitAmount',
    'totalAmount',
    'currency',
  ]) {
    const response = await send({
      method: 'POST',
      url: '/orders',
      headers: me.headers,
      body: { productId, [member]: other.id },
    })
    assert.equal(response.statusCode, 400)
  }
  const response = await send({
    method: 'POST',
    url: '/orders',
    headers: { ...nobody.headers, 'x-user-id': other.id },
    body: { productId },
  })
  assert.equal(response.json().userId, nobody.id)
  assert.equal((await get('/orders', other)).json().meta.count, other.orders.length)
})

test("another user's idempotency key has no effect", async () => {
  const place = (who: Person, key: string, quantity: number) =>
    send({
      method: 'POST',
      url: '/orders',
      headers: { ...who.headers, 'idempotency-key': key },
      body: { productId, quantity },
    })
  const key = uuidv7()
  const theirs = await place(other, key, 2)
  // neither replayed, nor refused as used for another request
  const mine = await place(me, key, 3)
  assert.equal(mine.statusCode, 201)
  assert.equal(mine.headers['idempotent-replayed'], undefined)
  assert.notEqual(mine.json().id, theirs.json().id)
  // nor by a key that spells out a user and a key together
  const composed = await place(me, `${other.id} ${key}`.replace(' ', '+'), 3)
  assert.equal(composed.statusCode, 201)
  assert.equal((await place(other, key, 2)).body, theirs.body)
})

test("no operators' route serves anyone but operators, whatever the order", async () => {
  const { paths } = context.app.swagger() as {
    paths: Record<string, Record<string, { security?: object[] }>>
  }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      // the address of an export is a secret itself
      .filter(([, { security }]) => path.startsWith('/admin/') && security?.length)
      .map(([method]) => ({ method: method.toUpperCase() as 'GET', path })),
  )
  assert.ok(operations.length > 12)
  const before = await get(`/admin/orders/${me.orders[0]}`, admin)
  assert.equal(before.statusCode, 200)
  for (const { method, path } of operations) {
    for (const id of [me.orders[0], other.orders[0], uuidv7()] as string[]) {
      const url = path.replace(/{\w+}/, id)
      for (const { headers } of [me, nobody]) {
        const response = await send({ method, url, headers: { ...headers, 'x-user-role': 'admin' } })
        assert.equal(response.statusCode, 403, `${method} ${url}`)
        assert.equal(response.json().code, 'role_required')
        assert.ok(!response.body.includes(id))
      }
      assert.equal((await send({ method, url })).statusCode, 401, `${method} ${url}`)
    }
  }
  assert.equal((await get(`/admin/orders/${me.orders[0]}`, admin)).body, before.body)
})
