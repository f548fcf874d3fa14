import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { verifyWebhook } from '@shop/client/webhooks'
import { type Received, startReceiver } from '@shop/tests/kit/network/receivers'
import { until } from '@shop/tests/kit/until'
import { Webhook } from 'standardwebhooks'
import { change, place } from '../orders.ts'
import { createHooksApp, type HooksApp } from './hooks-app.ts'

let hooks: HooksApp

before(async () => {
  hooks = await createHooksApp()
})
after(() => hooks.close())
afterEach(async () => {
  await hooks.database.owner.query({ text: 'DELETE FROM webhooks' })
})

/** Places an order, gives its event a position, and returns its id. */
async function placeOrder() {
  const orderId = await place(hooks.database.owner, hooks.shop)
  await hooks.move()
  return orderId
}

const changeOrder = async (...args: [string, 'pay' | 'ship']) => {
  await change(hooks.database.owner, ...args)
  await hooks.move()
}

const ordersOf = (received: Received[]) => received.map(({ body }) => JSON.parse(body).subject)

const get = async (id: string) => (await hooks.call('GET', `/admin/webhooks/${id}`)).body

const patch = (id: string, body: object) => hooks.call('PATCH', `/admin/webhooks/${id}`, body)

test('what happened while nobody was sending is sent, but what is no longer kept is passed over', async (t) => {
  const { url, received } = await startReceiver(t)
  const { id } = await hooks.addWebhook({ url })
  await placeOrder()
  const kept = await placeOrder()
  await hooks.database.owner.query({ text: 'DELETE FROM feed WHERE order_id <> $1', values: [kept] })
  await hooks.database.owner.query({
    text: 'UPDATE relay_state SET oldest = (SELECT min(position) FROM feed)',
  })
  hooks.startSending(t)
  await until(async () => (await get(id)).behind === 0)
  assert.deepEqual(ordersOf(received), [kept])
})

test('a webhook that is disabled gets nothing; enabled, it gets what it has missed', async (t) => {
  const { url, received } = await startReceiver(t)
  const other = await startReceiver(t)
  const { id } = await hooks.addWebhook({ url })
  await hooks.addWebhook({ url: other.url })
  hooks.startSending(t)
  const first = await placeOrder()
  await until(() => received.length === 1)
  await until(async () => (await get(id)).behind === 0)
  await patch(id, { enabled: false })
  const dispatched = other.received.length
  // it is noticed within a second
  await until(async () => {
    const orderId = await placeOrder()
    await until(() => ordersOf(other.received).includes(orderId))
    return !ordersOf(received).includes(orderId)
  })
  await patch(id, { enabled: true })
  await until(() => ordersOf(received).length >= other.received.length)
  assert.ok(dispatched < other.received.length)
  assert.deepEqual(new Set(ordersOf(received)), new Set(ordersOf(other.received)))
  assert.equal(ordersOf(received)[0], first)
})

test('a changed URL, changed types and a new secret hold for the events that follow', async (t) => {
  const before = await startReceiver(t)
  const later = await startReceiver(t)
  const { id, secret } = await hooks.addWebhook({ url: before.url })
  hooks.startSending(t)
  await placeOrder()
  await until(() => before.received.length === 1)
  const newSecret = (await hooks.call('POST', `/admin/webhooks/${id}/rotate-secret`)).body.secret
  await patch(id, { url: later.url, types: ['shipped'] })
  // what happens within the next second may still go to the former URL
  await until(async () => {
    const orderId = await placeOrder()
    for (const name of ['pay', 'ship'] as const) await changeOrder(orderId, name)
    return later.received.length > 0
  })
  for (const { body, headers } of later.received) {
    assert.equal(JSON.parse(body).type, 'com.example.orders.shipped.v1')
    for (const one of [secret, newSecret]) {
      new Webhook(one).verify(body, headers as Record<string, string>)
      assert.deepEqual(await verifyWebhook({ body, headers, secret: one }), JSON.parse(body))
    }
  }
})

test('ordered: after a takeover an order still waits for what was not delivered before', async (t) => {
  let isDown = true
  const { url, received } = await startReceiver(t, (_received, _request, response) => {
    response.writeHead(isDown ? 500 : 204, isDown ? { 'retry-after': '3600' } : {}).end()
  })
  const { id } = await hooks.addWebhook({ url, ordered: true })
  const { stop } = hooks.startSending(t)
  const orderId = await placeOrder()
  await until(async () => (await get(id)).pausedUntil !== null)
  await changeOrder(orderId, 'pay')
  await stop()
  isDown = false
  hooks.startSending(t)
  await changeOrder(orderId, 'ship')
  const attempts = received.length
  await patch(id, { enabled: true })
  const waiting = () => hooks.call('GET', `/admin/webhooks/${id}/deliveries?state=waiting`)
  await until(async () => (await waiting()).body.data.length === 3)
  assert.equal(received.length, attempts)
  const { eventId } = (await waiting()).body.data.at(-1)
  await hooks.call('POST', `/admin/webhooks/${id}/deliveries/${eventId}/redeliver`)
  await until(() => received.length === attempts + 3)
  const versions = received.slice(-3).map(({ body }) => JSON.parse(body).data.version)
  assert.deepEqual(versions, [1, 2, 3])
})

test('a webhook whose secret cannot be read gets nothing, and holds up no other', async (t) => {
  const broken = await startReceiver(t)
  const good = await startReceiver(t)
  const { id } = await hooks.addWebhook({ url: broken.url })
  await hooks.addWebhook({ url: good.url })
  await hooks.database.owner.query({
    text: `UPDATE webhook_secrets SET key_id = '00000000' WHERE webhook_id = $1`,
    values: [id],
  })
  hooks.startSending(t)
  await placeOrder()
  await until(() => good.received.length === 1)
  assert.equal(broken.received.length, 0)
  assert.equal((await get(id)).behind, 1)
})
