import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { startReceiver } from '@shop/tests/kit/network/receivers'
import { until } from '@shop/tests/kit/until'
import { v7 as uuidv7 } from 'uuid'
import { createDeliveryRepository } from '../../src/db/delivery-repository.ts'
import { change, place } from '../orders.ts'
import { createHooksApp, type HooksApp } from '../webhooks/hooks-app.ts'

let hooks: HooksApp
let webhookId: string

before(async () => {
  hooks = await createHooksApp()
})
after(() => hooks.close())
beforeEach(async () => {
  await hooks.database.owner.query({ text: 'DELETE FROM webhooks' })
  webhookId = (await hooks.addWebhook({ url: 'https://example.com/' })).id
})

type Row = { id?: string; state?: string; updatedAt?: string; createdAt?: string }

async function insertDelivery({
  id = uuidv7(),
  state = 'parked',
  createdAt = 'now',
  updatedAt = createdAt,
}: Row = {}) {
  await hooks.database.owner.query({
    text: `INSERT INTO webhook_deliveries (webhook_id, event_id, position, order_id, type, state, attempts, due_at,
             is_redelivery, status, reason, answer, duration_ms, created_at, updated_at)
           VALUES ($1, $2, 1, $2, 'placed', $3, 10, $5, false, 500, 'status', 'no', 7, $4, $5)`,
    values: [webhookId, id, state, createdAt, updatedAt],
  })
  return id
}

const get = (query = '') => hooks.call('GET', `/admin/webhooks/${webhookId}/deliveries${query}`)
const redeliver = (query: string) => hooks.call('POST', `/admin/webhooks/${webhookId}/redeliver?${query}`)
const idsOf = ({ body }: Awaited<ReturnType<typeof get>>) =>
  body.data.map(({ eventId }: { eventId: string }) => eventId)

test('the log pages newest first, of all states or of one', async () => {
  const ids = []
  for (const [index, state] of ['parked', 'waiting', 'delivered', 'parked', 'parked'].entries())
    ids.unshift(await insertDelivery({ state, createdAt: `2026-01-01T00:00:0${index}.000001Z` }))
  assert.deepEqual(idsOf(await get()), ids)
  const first = await get('?limit=2&state=parked')
  assert.deepEqual(idsOf(first), [ids[0], ids[1]])
  const { limit, nextCursor } = first.body.meta
  assert.equal(limit, 2)
  const second = await get(`?limit=2&state=parked&cursor=${nextCursor}`)
  assert.deepEqual(idsOf(second), [ids[4]])
  assert.equal(second.body.meta.nextCursor, null)
  assert.equal((await get(`?cursor=${nextCursor}`)).status, 400)
  assert.equal((await get('?state=lost')).status, 400)
})

test('a parked delivery is made due again with all attempts', async () => {
  const eventId = await insertDelivery({ state: 'parked' })
  const { status, body } = await hooks.call(
    'POST',
    `/admin/webhooks/${webhookId}/deliveries/${eventId}/redeliver`,
  )
  assert.equal(status, 202)
  assert.deepEqual([body.state, body.attempts], ['waiting', 0])
  assert.ok(Math.abs(Date.parse(body.nextAttemptAt) - Date.now()) < 60_000)
})

test('an unknown delivery is 404', async () => {
  const { status, body } = await hooks.call(
    'POST',
    `/admin/webhooks/${webhookId}/deliveries/${uuidv7()}/redeliver`,
  )
  assert.deepEqual([status, body.code], [404, 'delivery_not_found'])
})

test('a period is sent again with the same ids, with the types that the webhook wants', async (t) => {
  const { url, received } = await startReceiver(t)
  const { id } = await hooks.addWebhook({ url, types: ['placed'] })
  hooks.startSending(t)
  const early = await place(hooks.database.owner, hooks.shop)
  await hooks.move()
  await until(() => received.length === 1)
  const late = await place(hooks.database.owner, hooks.shop)
  await change(hooks.database.owner, late, 'pay')
  await hooks.move()
  await until(() => received.length === 2)
  await until(async () => (await hooks.call('GET', `/admin/webhooks/${id}`)).body.behind === 0)
  await hooks.database.owner.query({
    text: `UPDATE feed SET moved_at = now() - interval '1 hour' WHERE order_id = $1`,
    values: [early],
  })
  const halfAnHourAgo = new Date(Date.now() - 1_800_000).toISOString()
  const again = (query: string) => hooks.call('POST', `/admin/webhooks/${id}/redeliver?${query}`)
  const { status, body } = await again(`from=${halfAnHourAgo}`)
  assert.deepEqual([status, body], [202, { count: 1 }])
  await until(() => received.length === 3)
  assert.equal(received[2]?.body, received[1]?.body)
  assert.equal(received[2]?.headers['webhook-id'], received[1]?.headers['webhook-id'])
  assert.equal((await again(`from=2026-01-01T00:00:00%2B01:00&to=${halfAnHourAgo}`)).body.count, 1)
  await until(() => received.length === 4)
  assert.equal(received[3]?.body, received[0]?.body)
  assert.equal((await again('from=2100-01-01T00:00:00Z&to=2100-01-02T00:00:00Z')).body.count, 0)
})

test('a period without order or with too many events is refused', async () => {
  for (const query of [
    '',
    'from=yesterday',
    'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=2026-06-30T23:59:60Z',
  ])
    assert.equal((await redeliver(query)).status, 400, query)
  await hooks.database.owner.query({
    text: `INSERT INTO feed (position, id, user_id, order_id, version, type, at, moved_at)
           SELECT 1000000 + n, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'placed', now(),
             '2030-01-01'::timestamptz + n * interval '1 second' FROM generate_series(1, 10001) AS n`,
  })
  await hooks.database.owner.query({ text: 'UPDATE webhooks SET cursor = 2000000' })
  const { status, body } = await redeliver('from=2030-01-01T00:00:00Z&to=2031-01-01T00:00:00Z')
  assert.deepEqual([status, body.code], [400, 'too_many_events'])
  assert.deepEqual(idsOf(await get()), [])
  const { body: allowed } = await redeliver('from=2030-01-01T00:00:02Z&to=2031-01-01T00:00:00Z')
  assert.deepEqual(allowed, { count: 10_000 })
})

test('the log forgets after 30 days what no longer waits', async () => {
  const old = { createdAt: '2026-01-01', updatedAt: new Date(Date.now() - 30.5 * 86_400_000).toISOString() }
  const recent = {
    createdAt: '2026-01-01',
    updatedAt: new Date(Date.now() - 29.5 * 86_400_000).toISOString(),
  }
  const kept = [await insertDelivery({ ...old, state: 'waiting' }), await insertDelivery(recent)]
  await insertDelivery({ ...old, state: 'delivered' })
  await insertDelivery({ ...old, state: 'parked' })
  const { deleteExpired } = createDeliveryRepository(hooks.database.db)
  assert.equal(await deleteExpired(1), 1)
  assert.equal(await deleteExpired(10), 1)
  assert.equal(await deleteExpired(10), 0)
  assert.deepEqual(idsOf(await get()).sort(), kept.sort())
})
