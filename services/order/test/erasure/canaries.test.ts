import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import type { InjectOptions } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, insertUser, type TestApp } from '../app.ts'
import { createCanaries } from './canaries.ts'

let context: TestApp
let canaries: ReturnType<typeof createCanaries>
let owner: string
let ownersHeaders: { authorization: string }
let operatorsHeaders: { authorization: string }

/** Every request that was sent with a key, for its replay. */
const sent: InjectOptions[] = []
const driven = new Set<string>()

before(async () => {
  context = await createTestApp()
  canaries = createCanaries(context.app)
  owner = await insertUser(context.database)
  ownersHeaders = await asUser(owner)
  operatorsHeaders = await asUser(uuidv7(), 'admin')
})
after(() => context.close())

/** Sends a request that is full of canaries, and returns the answer. */
async function send(operation: string, { id = '', members = {} }: { id?: string; members?: object } = {}) {
  driven.add(operation)
  const request = {
    method: 'POST' as const,
    url: operation.replace('POST ', '').replace('{id}', id),
    headers: {
      ...(operation.includes('/admin/') ? operatorsHeaders : ownersHeaders),
      'idempotency-key': uuidv7(),
    },
    body: canaries.bodyFor(operation, members),
  }
  sent.push(request)
  const response = await context.app.inject(request)
  assert.ok(response.statusCode < 300, `${operation}: ${response.body}`)
  return response.json()
}

async function place(): Promise<string> {
  const productId = await insertProduct(context.database)
  const { id } = await send('POST /orders', { members: { items: [{ productId, quantity: 2 }] } })
  return id
}

async function act(id: string, ...verbs: (string | [verb: string, members: object])[]) {
  for (const step of verbs) {
    const [verb, members] = Array.isArray(step) ? step : [step, {}]
    await send(`POST /admin/orders/{id}/${verb}`, { id, members })
  }
}

/** Returns every row of every table, as text, by the name of the table. */
async function dump(): Promise<{ table: string; row: string }[]> {
  const tables = await context.database.owner.query<{ name: string }>({
    text: `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
  })
  assert.ok(tables.length >= 10)
  const rows = await Promise.all(
    tables.map(async ({ name }) => {
      const found = await context.database.owner.query<{ row: string }>({
        text: `SELECT t::text AS row FROM "${name}" AS t`,
      })
      return found.map(({ row }) => ({ table: name, row }))
    }),
  )
  return rows.flat()
}

async function foundCanaries(): Promise<string[]> {
  const text = (await dump()).map(({ row }) => row).join('\n')
  return canaries.all.filter((canary) => text.includes(canary))
}

/** Returns what erasing must not change. */
async function keptRows() {
  const [kept] = await context.database.owner.query<{ rows: unknown }>({
    text: `SELECT jsonb_build_object(
        'orders', (SELECT jsonb_agg(to_jsonb(orders) - '{version,updated_at,metadata,shipping_address}'::text[]
          || jsonb_build_object('country', shipping_address->'country', 'postal', shipping_address->'postalCode') ORDER BY id) FROM orders),
        'items', (SELECT jsonb_agg(to_jsonb(order_items) ORDER BY order_id, position) FROM order_items),
        'counts', (SELECT jsonb_agg(to_jsonb(order_counts) ORDER BY user_id, status) FROM order_counts),
        'events', (SELECT jsonb_agg(to_jsonb(order_events) - 'data' || jsonb_build_object(
            'data', data - '{note,reason,shippingAddress,previousAddress}'::text[], 'country', data->'shippingAddress'->'country',
            'postal', data->'shippingAddress'->'postalCode') ORDER BY order_id, version)
          FROM order_events WHERE type <> 'erased'),
        'keys', (SELECT jsonb_agg(to_jsonb(idempotency_keys) - 'body' ORDER BY user_id, key) FROM idempotency_keys)
      ) AS rows`,
  })
  return kept?.rows
}

const erase = () =>
  context.app.inject({
    method: 'POST',
    url: '/admin/erasures',
    headers: operatorsHeaders,
    body: { userId: owner },
  })

test('erasing leaves no text that people have written, in any column of any table and in any answer', async () => {
  const byOwner = await place()
  await send('POST /orders/{id}/cancel', { id: byOwner })
  const paidLate = await place()
  await act(paidLate, 'cancel', 'pay', 'refund')
  const refunded = await place()
  await act(
    refunded,
    'readdress',
    'pay',
    'readdress',
    'ship',
    'track',
    'deliver',
    'revert',
    'deliver',
    'note',
  )
  await act(refunded, ['refund', { amount: 1 }], ['refund', { amount: undefined }])
  const ofClosed = [...canaries.all]
  const open = await place()
  await act(open, 'pay', 'readdress', 'ship', 'note')

  assert.deepEqual(
    canaries.operations().filter((operation) => !driven.has(operation)),
    [],
    'operations that take free text, and are not part of this test',
  )
  assert.deepEqual(await foundCanaries(), canaries.all, 'all canaries are stored')
  const kept = await keptRows()

  const first = await erase()
  assert.equal(first.statusCode, 202, first.body)
  const { requestedAt, ...progress } = first.json()
  assert.deepEqual(progress, { userId: owner, erased: 3, waiting: 1, completedAt: null })
  assert.deepEqual(
    await foundCanaries(),
    canaries.all.filter((canary) => !ofClosed.includes(canary)),
    'those of the open order wait',
  )
  assert.deepEqual(await keptRows(), kept)

  await act(open, 'deliver')
  const keptThen = await keptRows()
  const second = await erase()
  assert.equal(second.statusCode, 200, second.body)
  assert.equal(second.json().erased, 4)
  assert.deepEqual(await foundCanaries(), [])
  assert.deepEqual(await keptRows(), keptThen)

  await checkAnswers([byOwner, paidLate, refunded, open])
})

/** Looks for canaries in every answer about these orders, replayed ones too. */
async function checkAnswers(ids: string[]) {
  const urls = ids.flatMap((id) => [`/orders/${id}`, `/orders/${id}/history`])
  const requests: InjectOptions[] = [
    ...['/orders', '/orders?include=items', ...urls].map((url) => ({ url, headers: ownersHeaders })),
    ...ids.map((id) => ({ url: `/admin/orders/${id}/history`, headers: operatorsHeaders })),
    ...sent,
  ]
  for (const request of requests) {
    const response = await context.app.inject(request)
    assert.ok(response.statusCode < 300, `${request.url}: ${response.body}`)
    assert.ok(!response.body.includes('canary'), `${request.url}: ${response.body}`)
    if (request.method === 'POST') {
      assert.equal(response.headers['idempotent-replayed'], 'true')
      const { shippingAddress, metadata, version } = response.json()
      assert.deepEqual(shippingAddress, { country: 'DE', postalCode: '12345' })
      assert.equal(metadata, null)
      assert.equal(response.headers.etag, `"${version}"`)
    }
  }
  for (const id of ids) {
    const response = await context.app.inject({ url: `/orders/${id}`, headers: ownersHeaders })
    const { shippingAddress, metadata, totalAmount } = response.json()
    assert.deepEqual(shippingAddress, { country: 'DE', postalCode: '12345' })
    assert.deepEqual([metadata, totalAmount], [null, 2500])
  }
}
