import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { asUser } from '@shop/tests/kit/tokens'
import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, type TestApp } from '../app.ts'

let context: TestApp
let admin: { authorization: string }
const kettle = { name: 'Kettle', description: 'Boils.', unitAmount: 4900, currency: 'EUR' }

before(async () => {
  context = await createTestApp()
  admin = await asUser(uuidv7(), 'admin')
})
after(() => context.close())

const patch = (id: string, body: object, headers: object = admin) =>
  context.app.inject({ method: 'PATCH', url: `/products/${id}`, headers: { ...headers }, payload: body })

const get = async (id: string) => (await context.app.inject({ url: `/products/${id}` })).json()

for (const change of [
  { name: 'Teapot' },
  { description: '' },
  { unitAmount: 0 },
  { unitAmount: 6800, currency: 'JPY' },
  { name: 'Teapot', description: 'Pours.', unitAmount: 1, currency: 'USD' },
]) {
  test(`PATCH of ${Object.keys(change).join(', ')} changes that and nothing else`, async () => {
    const before = await context.products.createProduct(kettle)
    const response = await patch(before.id, change)

    assert.equal(response.statusCode, 200, response.body)
    const after = response.json()
    assert.deepEqual(after, { ...before, ...change, updatedAt: after.updatedAt })
    assert.deepEqual(await get(before.id), after)
  })
}

test('every change advances updatedAt, even one to the same value; createdAt stays', async () => {
  const { id } = await context.products.createProduct(kettle)
  const times = () =>
    context.database.owner.query<{ created: string; updated: string }>({
      text: 'SELECT created_at::text AS created, updated_at::text AS updated FROM products WHERE id = $1',
      values: [id],
    })

  const [before] = await times()
  await patch(id, { name: kettle.name })
  const [after] = await times()

  assert.equal(after?.created, before?.created)
  assert.ok(String(after?.updated) > String(before?.updated))
})

test('members that are changed at the same time are all kept', async () => {
  const changes = fc.record({ name: fc.uuid(), description: fc.uuid(), unitAmount: fc.nat() })
  const { id } = await context.products.createProduct(kettle)
  await fc.assert(
    fc.asyncProperty(changes, async (change) => {
      const answers = await Promise.all(
        Object.entries(change).map(([member, value]) => patch(id, { [member]: value })),
      )
      assert.deepEqual(
        answers.map(({ statusCode }) => statusCode),
        [200, 200, 200],
      )
      const { name, description, unitAmount } = await get(id)
      assert.deepEqual({ name, description, unitAmount }, { ...change })
    }),
    { numRuns: 25 },
  )
})

test('a change that waited for another has the later updatedAt', async () => {
  const { id } = await context.products.createProduct(kettle)
  const waiting = await context.database.owner.transaction(async (transaction) => {
    await transaction.query({ text: 'SELECT FROM products WHERE id = $1 FOR UPDATE', values: [id] })
    const pending = patch(id, { name: 'Teapot' })
    await untilBlocked()
    await transaction.query({
      text: 'UPDATE products SET updated_at = clock_timestamp() WHERE id = $1',
      values: [id],
    })
    const [row] = await transaction.query<{ at: string }>({
      text: 'SELECT updated_at AS at FROM products WHERE id = $1',
      values: [id],
    })
    return { pending, first: row?.at }
  })
  await waiting.pending

  const [row] = await context.database.owner.query<{ at: string }>({
    text: 'SELECT updated_at AS at FROM products WHERE id = $1',
    values: [id],
  })
  assert.ok(String(row?.at) > String(waiting.first), `${row?.at} is not after ${waiting.first}`)
})

async function untilBlocked() {
  for (let attempt = 0; attempt < 100; attempt++) {
    const [row] = await context.database.owner.query<{ blocked: number }>({
      text: `SELECT count(*)::int AS blocked FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'product_service' AND wait_event_type = 'Lock'`,
    })
    if (row && row.blocked > 0) return
    await setTimeout(10)
  }
  assert.fail('no statement of product_service waits for a lock')
}

test('a product that stays locked is a 503 with Retry-After, in bounded time', async () => {
  const before = await context.products.createProduct(kettle)
  const response = await context.database.owner.transaction(async (transaction) => {
    await transaction.query({ text: 'SELECT FROM products WHERE id = $1 FOR UPDATE', values: [before.id] })
    return patch(before.id, { name: 'Teapot' })
  })
  assert.equal(response.statusCode, 503)
  assert.equal(response.json().code, 'database_unavailable')
  assert.equal(response.headers['retry-after'], '1')
  assert.deepEqual(await get(before.id), before)
})

test('a product that does not exist is a 404 product_not_found', async () => {
  const response = await patch(uuidv7(), { name: 'Teapot' })
  assert.equal(response.statusCode, 404)
  assert.equal(response.json().code, 'product_not_found')
})

test('an id that is not a UUID is a 400 that names id', async () => {
  const response = await patch('1', { name: 'Teapot' })
  assert.equal(response.statusCode, 400)
  assert.equal(response.json().errors[0].parameter, 'id')
})

test('a customer is refused with 403, someone without a token with 401, and nothing changes', async () => {
  const before = await context.products.createProduct(kettle)

  const asCustomer = await patch(before.id, { name: 'Mine' }, await asUser(uuidv7()))
  assert.equal(asCustomer.statusCode, 403)
  assert.equal(asCustomer.json().code, 'role_required')
  const asNobody = await patch(before.id, { name: 'Mine' }, {})
  assert.equal(asNobody.statusCode, 401)
  assert.equal(asNobody.headers['www-authenticate'], 'Bearer')
  assert.deepEqual(await get(before.id), before)
})

test('callers who may not change products cannot find out whether one exists', async () => {
  const response = await patch(uuidv7(), { name: 'Mine' }, await asUser(uuidv7()))
  assert.equal(response.statusCode, 403)
})
