import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertUser, type TestApp } from '../app.ts'
import { act, operatorId, placeOrder, stored } from '../changes.ts'

let context: TestApp
let owner: string

before(async () => {
  context = await createTestApp()
  owner = await insertUser(context.database)
})
after(() => context.close())

const keyed = (key: string, ifMatch?: string) => ({
  'idempotency-key': key,
  ...(ifMatch !== undefined && { 'if-match': ifMatch }),
})

/** The users of stored keys are not checked, so the operator's keys are counted like the owner's. */
async function storedKeys(key: string): Promise<number> {
  const rows = await context.database.owner.query({
    text: 'SELECT FROM idempotency_keys WHERE key = $1',
    values: [key],
  })
  return rows.length
}

test('a retry with the old version replays the first answer, whatever has happened since', async () => {
  const { id } = await placeOrder(context, owner)
  const key = uuidv7()
  const pay = () => act(context, { orderId: id, verb: 'pay', headers: keyed(key, '"1"') })
  const first = await pay()
  assert.deepEqual([first.status, first.headers['idempotent-replayed']], [200, undefined])
  await act(context, { orderId: id, verb: 'ship' })
  const again = await pay()
  assert.deepEqual(
    [again.status, again.text, again.headers.etag, again.headers['idempotent-replayed']],
    [200, first.text, '"2"', 'true'],
  )
  assert.equal((await stored(context, id)).events.length, 3)
})

test('the same members in another order are the same request, and so is the id in upper case', async () => {
  const { id } = await placeOrder(context, owner)
  await act(context, { orderId: id, verb: 'pay' })
  const headers = keyed(uuidv7())
  const ship = (orderId: string, body: object) => act(context, { orderId, verb: 'ship', body, headers })
  const first = await ship(id, { carrier: 'Post', trackingNumber: 'P1' })
  const again = await ship(id.toUpperCase(), { trackingNumber: 'P1', carrier: 'Post' })
  assert.deepEqual([again.text, again.headers['idempotent-replayed']], [first.text, 'true'])
})

test('a key is of one body, one verb, one order and one party: for anything else it is a 422', async () => {
  const [{ id }, { id: other }] = [await placeOrder(context, owner), await placeOrder(context, owner)]
  const headers = keyed(uuidv7())
  // the owner is an operator here too, so the key is the same user's
  const send = (options: Omit<Parameters<typeof act>[1], 'userId' | 'headers'>) =>
    act(context, { ...options, userId: owner, headers })
  assert.equal((await send({ orderId: id, verb: 'cancel', body: { reason: 'r' } })).status, 200)
  for (const request of [
    { orderId: id, verb: 'cancel', body: { reason: 's' } },
    { orderId: other, verb: 'cancel', body: { reason: 'r' } },
    { orderId: id, verb: 'revert', body: { reason: 'r' } },
    { orderId: id, verb: 'cancel', party: 'owner', body: { reason: 'r' } },
  ] as const) {
    const { status, json } = await send(request)
    assert.deepEqual([status, json.code], [422, 'idempotency_key_reused'], JSON.stringify(request))
  }
  assert.equal((await stored(context, other)).events.length, 1)
})

test('a key that placed an order is not one to cancel it with, nor the reverse', async () => {
  const { productId } = await placeOrder(context, owner)
  const place = async (key: string) =>
    context.app.inject({
      method: 'POST',
      url: '/orders',
      headers: { ...(await asUser(owner)), ...keyed(key) },
      body: { productId },
    })
  const [forPlacing, forCancelling] = [uuidv7(), uuidv7()]
  const orderId = (await place(forPlacing)).json().id
  const cancel = (key: string) =>
    act(context, { orderId, verb: 'cancel', party: 'owner', userId: owner, headers: keyed(key) })
  assert.deepEqual(
    [(await cancel(forPlacing)).status, (await stored(context, orderId)).order.status],
    [422, 'pending'],
  )
  assert.equal((await cancel(forCancelling)).status, 200)
  assert.equal((await place(forCancelling)).statusCode, 422)
})

test('the same key of another operator is another key', async () => {
  const { id } = await placeOrder(context, owner)
  const headers = keyed(uuidv7())
  const note = (userId: string) => act(context, { orderId: id, verb: 'note', userId, headers })
  assert.deepEqual([(await note(uuidv7())).status, (await note(uuidv7())).status], [200, 200])
  assert.equal((await stored(context, id)).events.length, 3)
})

test("the gateway's key protects a change without a key, and is ignored otherwise", async () => {
  const { id } = await placeOrder(context, owner)
  const note = (headers: Record<string, string>) => act(context, { orderId: id, verb: 'note', headers })
  const gateway = { 'x-gateway-idempotency-key': uuidv7() }
  const first = await note(gateway)
  assert.equal((await note(gateway)).text, first.text)
  const headers = { ...gateway, ...keyed(uuidv7()) }
  assert.equal((await note(headers)).headers['idempotent-replayed'], undefined)
  assert.equal(
    (await note({ ...headers, 'x-gateway-idempotency-key': uuidv7() })).headers['idempotent-replayed'],
    'true',
  )
  assert.equal((await stored(context, id)).events.length, 3)
})

test('a refusal stores nothing: the same request succeeds once the order allows it', async () => {
  const { id } = await placeOrder(context, owner)
  const key = uuidv7()
  const ship = (ifMatch?: string) => act(context, { orderId: id, verb: 'ship', headers: keyed(key, ifMatch) })
  assert.equal((await ship()).status, 409)
  assert.equal((await ship('"2"')).status, 412)
  assert.equal((await act(context, { orderId: uuidv7(), verb: 'ship', headers: keyed(key) })).status, 404)
  assert.equal(await storedKeys(key), 0)
  await act(context, { orderId: id, verb: 'pay' })
  const shipped = await ship('"2"')
  assert.deepEqual([shipped.status, shipped.headers['idempotent-replayed']], [200, undefined])
  assert.equal(await storedKeys(key), 1)
})

test('20 simultaneous requests with one key are one event and one answer', async () => {
  const { id } = await placeOrder(context, owner)
  const headers = keyed(uuidv7())
  const note = () => act(context, { orderId: id, verb: 'note', headers })
  const answers = await Promise.all(Array.from({ length: 20 }, note))
  const done = answers.filter(({ status }) => status === 200)
  assert.ok(done.length >= 1)
  assert.equal(new Set(done.map(({ text }) => text)).size, 1)
  for (const { status, json } of answers.filter((answer) => !done.includes(answer)))
    assert.deepEqual([status, json.code], [409, 'idempotency_in_progress'])
  assert.equal((await stored(context, id)).events.length, 2)
  assert.equal((await note()).text, done[0]?.text)
  assert.equal((await stored(context, id)).events.at(-1)?.type, 'noted')
})

test('if the answer cannot be stored, neither is the change', async (t) => {
  const { owner: database } = context.database
  const { id } = await placeOrder(context, owner)
  const earlier = await stored(context, id)
  await database.query({
    text: `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$`,
  })
  await database.query({
    text: 'CREATE TRIGGER refuse BEFORE INSERT ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION refuse()',
  })
  t.after(() => database.query({ text: 'DROP FUNCTION IF EXISTS refuse CASCADE' }))
  const headers = keyed(uuidv7())
  assert.equal((await act(context, { orderId: id, verb: 'pay', headers })).status, 503)
  assert.deepEqual(await stored(context, id), earlier)
  await database.query({ text: 'DROP FUNCTION refuse CASCADE' })
  assert.equal((await act(context, { orderId: id, verb: 'pay', headers })).status, 200)
})

test('while another transaction holds the order, a change waits, and gives up as a 503 that is worth repeating', async () => {
  const { id } = await placeOrder(context, owner)
  const headers = keyed(uuidv7())
  const pay = () => act(context, { orderId: id, verb: 'pay', headers })
  const released = new Error('released')
  const holding = context.database.db.transaction(async (tx) => {
    await tx.query({ text: 'SELECT FROM orders WHERE id = $1 FOR UPDATE', values: [id] })
    const { status, json } = await pay()
    assert.deepEqual([status, json.code], [503, 'database_unavailable'])
    throw released
  })
  await assert.rejects(holding, released)
  assert.deepEqual([(await pay()).status, (await stored(context, id)).events.length], [200, 2])
})

test('an operator is named in the history as the token has it, by id and role alone', async () => {
  const { id } = await placeOrder(context, owner)
  await act(context, { orderId: id, verb: 'pay', userId: operatorId.toUpperCase() })
  const [row] = await context.database.owner.query<{ actor: unknown }>({
    text: 'SELECT actor FROM order_events WHERE order_id = $1 AND version = 2',
    values: [id],
  })
  assert.deepEqual(row?.actor, { id: operatorId, role: 'admin' })
})
