import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ServiceUnavailableError } from '@shop/service/errors'
import { asUser } from '@shop/tests/kit/tokens'
import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { createIdempotencyRepository, takeKey } from '../../src/db/idempotency-repository.ts'
import { verbs } from '../../src/order.ts'
import { createTestApp, insertProduct, insertUser, productClient, type TestApp } from '../app.ts'
import { act } from '../changes.ts'

let context: TestApp
let productId: string
const catalogue = { price: 1250, failure: undefined as Error | undefined }

before(async () => {
  context = await createTestApp({
    products: productClient(() => {
      if (catalogue.failure) throw catalogue.failure
      return { name: 'Kettle', unitAmount: catalogue.price, currency: 'EUR' }
    }),
  })
  productId = await insertProduct(context.database)
})
after(() => context.close())

async function place(userId: string, key: string, body: object = { productId }) {
  const headers = { ...(await asUser(userId)), 'idempotency-key': key }
  return context.app.inject({ method: 'POST', url: '/orders', headers, body })
}

const countOf = async (userId: string) => (await context.orders.listOrdersByUser(userId)).count

test('a repeat gets the same status, body and Location, marked as replayed, and places nothing', async (t) => {
  const me = await insertUser(context.database)
  const first = await place(me, 'key')
  t.after(() => {
    catalogue.price = 1250
    catalogue.failure = undefined
  })
  // neither a new price nor a new status of the order changes what was answered
  catalogue.price = 9900
  await context.database.owner.query({
    text: `
      WITH changed AS (
        UPDATE orders SET status = 'cancelled', version = version + 1, updated_at = now() WHERE user_id = $1
        RETURNING *
      )
      INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at)
      SELECT uuid_v7(updated_at), user_id, id, version, 'cancelled', status, '{}', updated_at FROM changed`,
    values: [me],
  })
  catalogue.failure = new ServiceUnavailableError('upstream_unavailable', '')
  const withoutCatalogue = await place(me, 'key')
  catalogue.failure = undefined
  const second = await place(me, 'key')

  assert.equal(first.statusCode, 201)
  assert.equal(first.headers['idempotent-replayed'], undefined)
  assert.equal(second.statusCode, 201)
  assert.equal(second.headers['idempotent-replayed'], 'true')
  assert.equal(second.body, first.body)
  assert.equal(second.headers.location, first.headers.location)
  assert.equal(second.headers['content-type'], first.headers['content-type'])
  assert.equal(withoutCatalogue.body, first.body, 'a repeat does not need the catalogue')
  assert.equal(await countOf(me), 1)
})

test('whatever happens to the order, a repeat gets the bytes of the first answer', async () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).map((each) => `x${each}`)
  const address = fc.record(
    { name: text, line1: text, city: text, region: text, country: fc.constantFrom('DE', 'GB') },
    { requiredKeys: ['name', 'line1', 'city', 'country'] },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.record(
        { shippingAddress: address, metadata: fc.dictionary(text, text, { maxKeys: 5 }) },
        { requiredKeys: [] },
      ),
      fc.array(fc.constantFrom(...verbs), { maxLength: 6 }),
      async (members, changes) => {
        const me = await insertUser(context.database)
        const body = { items: [{ productId, quantity: 2 }], ...members }
        const first = await place(me, 'key', body)
        assert.equal(first.statusCode, 201, first.body)
        for (const verb of changes) await act(context, { orderId: first.json().id, verb })
        const second = await place(me, 'key', body)
        assert.equal(second.headers['idempotent-replayed'], 'true')
        assert.equal(second.body, first.body)
      },
    ),
    { numRuns: 60, interruptAfterTimeLimit: 20_000 },
  )
})

test('quoted or not, it is the same key; a default given or omitted, the same request', async () => {
  const me = await insertUser(context.database)
  const first = await place(me, 'abc', { productId, quantity: 1 })
  const second = await place(me, '"abc"', { productId: productId.toUpperCase() })
  assert.equal(second.headers['idempotent-replayed'], 'true')
  assert.equal(second.body, first.body)
})

test('the same key for another product or quantity is a 422', async () => {
  const me = await insertUser(context.database)
  await place(me, 'key')
  for (const body of [{ productId, quantity: 2 }, { productId: await insertProduct(context.database) }]) {
    const response = await place(me, 'key', body)
    assert.equal(response.statusCode, 422)
    assert.equal(response.json().code, 'idempotency_key_reused')
  }
  assert.equal(await countOf(me), 1)
})

test('the same key of another user is a different key', async () => {
  const me = await insertUser(context.database)
  const someoneElse = await insertUser(context.database)
  const mine = await place(me, 'key')
  const theirs = await place(someoneElse, 'key')
  assert.equal(theirs.statusCode, 201)
  assert.equal(theirs.headers['idempotent-replayed'], undefined)
  assert.notEqual(theirs.json().id, mine.json().id)
})

for (const key of [
  '',
  ' ',
  '"',
  '""',
  '"a',
  'a"b',
  'a b',
  'é',
  'x'.repeat(256),
  `"${'x'.repeat(256)}"`,
  '"a\\"b"',
  'a, b',
]) {
  test(`the key ${JSON.stringify(key.slice(0, 20))} is a 400 that names the header`, async () => {
    const me = await insertUser(context.database)
    const response = await place(me, key)
    assert.equal(response.statusCode, 400, response.body)
    assert.equal(response.json().errors[0].parameter, 'idempotency-key')
    assert.equal(await countOf(me), 0)
  })
}

for (const key of ['x', '!', 'x'.repeat(255), `"${'x'.repeat(255)}"`, '"a b"', "a'b;--"]) {
  test(`the key ${JSON.stringify(key.slice(0, 20))} is accepted`, async () => {
    const me = await insertUser(context.database)
    assert.equal((await place(me, key)).statusCode, 201)
    assert.equal((await place(me, key)).headers['idempotent-replayed'], 'true')
  })
}

test("the gateway's key protects an order without a key, and is ignored otherwise", async () => {
  const me = await insertUser(context.database)
  const send = async (headers: Record<string, string | string[]>) =>
    context.app.inject({
      method: 'POST',
      url: '/orders',
      headers: { ...(await asUser(me)), ...headers },
      body: { productId },
    })
  const first = await send({ 'x-gateway-idempotency-key': 'a' })
  const again = await send({ 'x-gateway-idempotency-key': 'a' })
  assert.deepEqual([again.body, again.headers['idempotent-replayed']], [first.body, 'true'])
  const keyed = await send({ 'x-gateway-idempotency-key': 'b', 'idempotency-key': 'k' })
  const repeated = await send({ 'x-gateway-idempotency-key': 'c', 'idempotency-key': 'k' })
  assert.deepEqual([repeated.body, repeated.headers['idempotent-replayed']], [keyed.body, 'true'])
  assert.equal(await countOf(me), 2)
})

test("a key that is empty or repeated is a 400, and the gateway's key does not stand in for it", async () => {
  const me = await insertUser(context.database)
  const origin = await context.app.listen({ host: '127.0.0.1', port: 0 })
  for (const keys of [[''], ['a', 'a'], ['a', 'b'], ['', 'a'], ['"a"', '"b"']]) {
    const headers = new Headers({ ...(await asUser(me)), 'content-type': 'application/json' })
    headers.set('x-gateway-idempotency-key', 'd')
    for (const key of keys) headers.append('idempotency-key', key)
    const response = await fetch(`${origin}/orders`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ productId }),
    })
    const { errors } = (await response.json()) as { errors: { parameter: string }[] }
    assert.deepEqual([response.status, errors[0]?.parameter], [400, 'idempotency-key'], String(keys))
  }
  assert.equal(await countOf(me), 0)
})

test('50 simultaneous requests with one key are one order, and all get its answer', async () => {
  const me = await insertUser(context.database)
  const responses = await Promise.all(Array.from({ length: 50 }, () => place(me, 'one')))
  assert.deepEqual(
    responses.map(({ statusCode }) => statusCode),
    Array(50).fill(201),
  )
  assert.equal(responses.filter(({ headers }) => headers['idempotent-replayed'] === undefined).length, 1)
  assert.equal(new Set(responses.map(({ body }) => body)).size, 1)
  assert.equal(await countOf(me), 1)
  assert.equal((await place(me, 'one')).body, responses[0]?.body)
})

test('while another transaction holds the key, the answer is a 409 after a wait; the key is free if that transaction fails', async () => {
  const me = await insertUser(context.database)
  const failure = new Error('it came to nothing')
  const other = context.database.db.transaction(async (tx) => {
    const taken = await takeKey(tx, { userId: me, key: 'key', fingerprint: '00', orderId: uuidv7() })
    assert.equal(taken, 'taken')
    const response = await place(me, 'key')
    assert.deepEqual([response.statusCode, response.json().code], [409, 'idempotency_in_progress'])
    assert.equal(response.headers['retry-after'], '1')
    throw failure
  })
  await assert.rejects(other, failure)
  assert.equal((await place(me, 'key')).statusCode, 201)
})

test('if the answer cannot be stored, neither is the order, and the key stays free', async (t) => {
  const { owner } = context.database
  const me = await insertUser(context.database)
  await owner.query({
    text: `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$`,
  })
  await owner.query({
    text: 'CREATE TRIGGER refuse BEFORE INSERT ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION refuse()',
  })
  t.after(() => owner.query({ text: 'DROP FUNCTION IF EXISTS refuse CASCADE' }))
  const refused = await place(me, 'key')
  assert.deepEqual([refused.statusCode, refused.json().code], [503, 'database_unavailable'])
  assert.equal((await context.orders.listOrdersByUser(me)).count, 0)

  await owner.query({ text: 'DROP FUNCTION refuse CASCADE' })
  assert.equal((await place(me, 'key')).statusCode, 201)
  assert.equal((await context.orders.listOrdersByUser(me)).count, 1)
})

test('a key is free again after 24 hours', async () => {
  const me = await insertUser(context.database)
  const first = await place(me, 'key')
  const [stored] = await context.database.owner.query<{ hours: number }>({
    text: `SELECT extract(epoch FROM expires_at - now())::int / 3600.0 AS hours FROM idempotency_keys WHERE user_id = $1`,
    values: [me],
  })
  assert.ok(Math.abs(Number(stored?.hours) - 24) < 0.1)

  await expire(me)
  const second = await place(me, 'key', { productId, quantity: 2 })
  assert.equal(second.statusCode, 201)
  assert.equal(second.headers['idempotent-replayed'], undefined)
  assert.notEqual(second.json().id, first.json().id)
  assert.equal((await place(me, 'key', { productId, quantity: 2 })).body, second.body)
})

test('expired keys are deleted in batches, the others stay', async () => {
  const answers = createIdempotencyRepository(context.database.db)
  while ((await answers.deleteExpired(1000)) > 0);
  const me = await insertUser(context.database)
  const someoneElse = await insertUser(context.database)
  for (const key of ['a', 'b', 'c']) await place(me, key)
  await place(someoneElse, 'a')
  await expire(me)

  assert.equal(await answers.deleteExpired(2), 2)
  assert.equal(await answers.deleteExpired(2), 1)
  assert.equal(await answers.deleteExpired(2), 0)
  assert.equal((await place(someoneElse, 'a')).headers['idempotent-replayed'], 'true')
})

test('deleting expired keys reads them from the index, however many keys there are', async () => {
  const { owner } = context.database
  await owner.transaction(async (tx) => {
    await tx.query({
      text: `INSERT INTO idempotency_keys
             SELECT gen_random_uuid(), 'k', '\\x00', 201, '{}', '/', now() + n * interval '1 minute' FROM generate_series(-10, 20000) AS n`,
    })
  })
  await owner.query({ text: 'ANALYZE idempotency_keys' })
  let statement = ''
  const recording = createIdempotencyRepository({
    async queryTexts({ text }) {
      statement = text
      return []
    },
  })
  await recording.deleteExpired(1000)
  const plan = await owner.query<{ 'QUERY PLAN': string }>({ text: `EXPLAIN ${statement}`, values: [1000] })
  const text = plan.map((line) => line['QUERY PLAN']).join('\n')
  assert.match(text, /Index Scan using idempotency_keys_expires_at_idx/)
  assert.doesNotMatch(text, /Sort|Seq Scan/)
})

const expire = (userId: string) =>
  context.database.owner.query({
    text: `UPDATE idempotency_keys SET expires_at = now() - interval '1 second' WHERE user_id = $1`,
    values: [userId],
  })
