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

/** Returns the id of an order of version 3. */
async function orderOfVersion3() {
  const { id } = await placeOrder(context, owner)
  for (const verb of ['pay', 'note'] as const) await act(context, { orderId: id, verb })
  return id
}

const noteIf = (orderId: string, ifMatch: string) =>
  act(context, { orderId, verb: 'note', headers: { 'if-match': ifMatch } })

for (const value of [
  '"3"',
  'W/"3"',
  '3',
  '*',
  '"1", "3"',
  'W/"2",W/"3"',
  '1, 3',
  '"3"\t,\t"4"',
  '"a,b", "3"',
  '"99999999999999999999", "3"',
]) {
  test(`If-Match: ${value} matches version 3`, async () => {
    const { status, headers, text } = await noteIf(await orderOfVersion3(), value)
    assert.deepEqual([status, headers.etag], [200, '"4"'], text)
  })
}

for (const value of [
  '"2"',
  'W/"4"',
  '2',
  '"1", "2", 4',
  // one tag with a comma in it
  '"3,3"',
  '"2,3"',
  '"x,3"',
  '"W/3"',
  '"03"',
  '03',
  '"3.0"',
  '"+3"',
  '""',
  '"*"',
  '"abc"',
  '"0"',
  '0',
  '"2147483648"',
  '4294967299',
  '"18446744073709551619"',
  '9'.repeat(900),
]) {
  test(`If-Match: ${value.slice(0, 30)} does not match version 3: 412, and nothing changes`, async () => {
    const id = await orderOfVersion3()
    const earlier = await stored(context, id)
    const { status, json } = await noteIf(id, value)
    assert.deepEqual([status, json.code, json.order.version], [412, 'version_mismatch', 3])
    assert.deepEqual(await stored(context, id), earlier)
  })
}

for (const value of [
  '',
  'abc',
  '"3',
  '3"',
  "'3'",
  'w/"3"',
  'W/3',
  '"3" "3"',
  '"3",',
  ',"3"',
  '*, "3"',
  '"3", *',
  '-3',
  '3.0',
  '"é"',
  '"3";a',
  `"${'3'.repeat(1000)}"`,
]) {
  test(`If-Match: ${value.slice(0, 30)} is a 400 that names the header`, async () => {
    const id = await orderOfVersion3()
    const earlier = await stored(context, id)
    const { status, json } = await noteIf(id, value)
    assert.deepEqual([status, json.errors?.[0].parameter], [400, 'if-match'])
    assert.deepEqual(await stored(context, id), earlier)
  })
}

test('repeated lines of If-Match are one list', async () => {
  const origin = await context.app.listen({ host: '127.0.0.1', port: 0 })
  const send = async (values: string[]) => {
    const headers = new Headers(await asUser(operatorId, 'admin'))
    headers.set('content-type', 'application/json')
    for (const value of values) headers.append('if-match', value)
    const response = await fetch(`${origin}/admin/orders/${await orderOfVersion3()}/note`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ note: 'Called' }),
    })
    return response.status
  }
  assert.equal(await send(['"2"', '"3"']), 200)
  assert.equal(await send(['"2"', '"4"']), 412)
  assert.equal(await send(['*', '"3"']), 400)
  assert.equal(await send(['"3"', '']), 400)
})

test('ETag is the version, in every answer with one order', async () => {
  const headers = { ...(await asUser(owner)), 'idempotency-key': uuidv7() }
  const { productId } = await placeOrder(context, owner)
  const request = { method: 'POST', url: '/orders', headers, body: { productId } } as const
  const placed = await context.app.inject(request)
  assert.equal(placed.headers.etag, '"1"')
  const orderId = placed.json().id
  const key = { 'idempotency-key': uuidv7() }
  const paid = await act(context, { orderId, verb: 'pay', headers: key })
  assert.deepEqual([paid.headers.etag, paid.json.version], ['"2"', 2])
  await act(context, { orderId, verb: 'ship' })
  const got = await context.app.inject({ url: `/orders/${orderId}`, headers: await asUser(owner) })
  assert.deepEqual([got.headers.etag, got.json().version], ['"3"', 3])
  // a replay is the answer of then, with the version of then
  assert.equal((await context.app.inject(request)).headers.etag, '"1"')
  assert.equal((await act(context, { orderId, verb: 'pay', headers: key })).headers.etag, '"2"')
})

test('the version of a list or of the body serves as If-Match', async () => {
  const { id } = await placeOrder(context, owner)
  const list = await context.app.inject({ url: '/orders?limit=1', headers: await asUser(owner) })
  const [{ version }] = list.json().data
  assert.equal((await noteIf(id, String(version))).status, 200)
  assert.equal((await noteIf(id, String(version))).status, 412)
})

test('412 comes before 409, and says who did what: to operators who, to the owner only that it was the shop', async () => {
  const { id } = await placeOrder(context, owner)
  await act(context, { orderId: id, verb: 'pay' })
  const headers = { 'if-match': '"1"' }
  const { events } = await stored(context, id)
  const at = new Date(events[1]?.at as string).toISOString()

  const operators = await act(context, { orderId: id, verb: 'deliver', headers })
  assert.equal(operators.status, 412)
  assert.equal(operators.json.detail, `The order is at version 2: paid at ${at} by admin ${operatorId}.`)
  assert.deepEqual(operators.json.order.lastEvent, {
    type: 'paid',
    at,
    actor: { id: operatorId, role: 'admin' },
  })

  const owners = await act(context, { orderId: id, verb: 'cancel', party: 'owner', userId: owner, headers })
  assert.equal(owners.status, 412)
  assert.equal(owners.json.detail, `The order is at version 2: paid at ${at} by the shop.`)
  assert.deepEqual(owners.json.order.lastEvent, { type: 'paid', at })
  assert.ok(!owners.text.includes(operatorId))
})

test('a refusal does not tell the owner of notes', async () => {
  const { id } = await placeOrder(context, owner)
  for (const verb of ['pay', 'note'] as const) await act(context, { orderId: id, verb })
  const cancel = (headers: Record<string, string>) =>
    act(context, { orderId: id, verb: 'cancel', party: 'owner', userId: owner, headers })
  for (const [headers, status] of [
    [{ 'if-match': '1' }, 412],
    [{}, 409],
  ] as const) {
    const { json, text, ...answer } = await cancel(headers as Record<string, string>)
    assert.deepEqual([answer.status, json.order.version, json.order.lastEvent.type], [status, 3, 'paid'])
    assert.ok(!text.includes('noted'))
  }
  const { json } = await act(context, { orderId: id, verb: 'deliver' })
  assert.equal(json.order.lastEvent.type, 'noted')
})
