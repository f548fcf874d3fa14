import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { freePort } from '@shop/commands/ports'
import { type Received, startReceiver, startTcpServer } from '@shop/tests/kit/network/receivers'
import { until } from '@shop/tests/kit/until'
import { Webhook } from 'standardwebhooks'
import { v7 as uuidv7 } from 'uuid'
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

const placeOrder = () => place(hooks.database.owner, hooks.shop)

const bodiesOf = (received: Received[]) => received.map(({ body }) => JSON.parse(body))
const versionsOf = (received: Received[]) =>
  bodiesOf(received).map(({ data }) => `${data.id} ${data.version}`)
const idsOf = (received: Received[]) => received.map(({ headers }) => headers['webhook-id'])

const deliveriesOf = async (id: string) =>
  (await hooks.call('GET', `/admin/webhooks/${id}/deliveries`)).body.data

const cursors = () => hooks.database.owner.query<{ cursor: string }>({ text: 'SELECT cursor FROM webhooks' })

test('events arrive once, in order, signed, with the bytes of the feed; only those from then on', async (t) => {
  const { url, received } = await startReceiver(t)
  await placeOrder()
  await hooks.move()
  const { id, secret } = await hooks.addWebhook({ url })
  const orderId = await placeOrder()
  await change(hooks.database.owner, orderId, 'pay')
  await hooks.move()
  hooks.startSending(t)
  await until(() => received.length === 2)
  const later = await placeOrder()
  await hooks.move()
  await until(() => received.length === 3)
  assert.deepEqual(versionsOf(received).sort(), [`${orderId} 1`, `${orderId} 2`, `${later} 1`].sort())
  const feed = (await hooks.call('GET', '/admin/events?limit=1000')).body.data
  assert.deepEqual(
    bodiesOf(received).sort((a, b) => a.sequence.localeCompare(b.sequence)),
    feed.slice(-3),
  )
  for (const { body, headers } of received) {
    const event = new Webhook(secret).verify(body, headers as Record<string, string>) as { id: string }
    assert.equal(event.id, headers['webhook-id'])
  }
  await until(async () => (await hooks.call('GET', `/admin/webhooks/${id}`)).body.behind === 0)
  assert.deepEqual(await deliveriesOf(id), [])
})

test('a webhook gets the types that it wants', async (t) => {
  const { url, received } = await startReceiver(t)
  const { id } = await hooks.addWebhook({ url, types: ['paid', 'delivered'] })
  hooks.startSending(t)
  const orderId = await placeOrder()
  for (const name of ['pay', 'ship', 'deliver'] as const) await change(hooks.database.owner, orderId, name)
  await hooks.move()
  await until(() => received.length === 2)
  assert.deepEqual(
    bodiesOf(received)
      .map(({ type }) => type)
      .sort(),
    ['com.example.orders.delivered.v1', 'com.example.orders.paid.v1'],
  )
  await until(async () => (await hooks.call('GET', `/admin/webhooks/${id}`)).body.behind === 0)
})

test('what fails is attempted again with the same id and bytes, then parked; nothing else waits for it', async (t) => {
  let failing = ''
  const { url, received } = await startReceiver(t, ({ body }, _request, response) => {
    const { subject } = JSON.parse(body)
    response.writeHead(subject === failing ? 500 : 204).end('what happened')
  })
  const { id } = await hooks.addWebhook({ url })
  hooks.startSending(t)
  failing = await placeOrder()
  const good = await placeOrder()
  await hooks.move()
  await until(async () => (await deliveriesOf(id))[0]?.state === 'parked')
  const attempts = received.filter(({ body }) => JSON.parse(body).subject === failing)
  assert.equal(attempts.length, 3)
  assert.equal(new Set(attempts.map(({ body }) => body)).size, 1)
  assert.equal(new Set(idsOf(attempts)).size, 1)
  assert.equal(received.filter(({ body }) => JSON.parse(body).subject === good).length, 1)
  const [delivery] = await deliveriesOf(id)
  const { durationMs, createdAt, updatedAt, ...rest } = delivery
  assert.ok(durationMs >= 0 && createdAt < updatedAt)
  assert.deepEqual(rest, {
    eventId: attempts[0]?.headers['webhook-id'],
    type: 'placed',
    orderId: failing,
    state: 'parked',
    attempts: 3,
    nextAttemptAt: null,
    status: 500,
    reason: 'status',
    answer: 'what happened',
  })
  // parked deliveries do not return by themselves
  failing = ''
  const repeated = await hooks.call('POST', `/admin/webhooks/${id}/deliveries/${delivery.eventId}/redeliver`)
  assert.equal(repeated.status, 202)
  assert.equal(repeated.body.state, 'waiting')
  await until(async () => (await deliveriesOf(id))[0].state === 'delivered')
  assert.equal(idsOf(received).filter((eventId) => eventId === delivery.eventId).length, 4)
  const [delivered] = await deliveriesOf(id)
  assert.deepEqual([delivered.attempts, delivered.status, delivered.answer], [1, 204, null])
})

test('receivers that are down, hang or close delay a good one by nothing and leave no answer', async (t) => {
  const hanging = await startTcpServer(t, (socket) => socket.resume())
  const closing = await startTcpServer(t, (socket) => socket.once('data', () => socket.destroy()))
  const down = `http://127.0.0.1:${await freePort()}/`
  for (let count = 0; count < 50; count++) await hooks.addWebhook({ url: hanging.url })
  await hooks.addWebhook({ url: down })
  const { id } = await hooks.addWebhook({ url: closing.url })
  const { url, received } = await startReceiver(t)
  await hooks.addWebhook({ url })
  const { stop } = hooks.startSending(t)
  for (let count = 0; count < 40; count++) await placeOrder()
  await hooks.move()
  // more than the window of one that hangs
  await until(() => received.length === 40)
  await until(async () => (await deliveriesOf(id)).length > 0)
  const [delivery] = await deliveriesOf(id)
  assert.deepEqual([delivery.reason, delivery.status, delivery.answer], ['connection_closed', null, null])
  await stop()
})

test('with ordered, the events of an order wait for each other and no other order does', async (t) => {
  let isDown = true
  let slow = ''
  const { url, received } = await startReceiver(t, ({ body }, _request, response) => {
    const { subject } = JSON.parse(body)
    response.writeHead(subject === slow && isDown ? 503 : 204).end()
  })
  await hooks.addWebhook({ url, ordered: true })
  hooks.startSending(t)
  slow = await placeOrder()
  for (const name of ['pay', 'ship', 'deliver'] as const) await change(hooks.database.owner, slow, name)
  const others = [await placeOrder(), await placeOrder()]
  for (const other of others) await change(hooks.database.owner, other, 'pay')
  await hooks.move()
  await until(() => received.filter(({ body }) => others.includes(JSON.parse(body).subject)).length === 4)
  for (const other of others)
    assert.deepEqual(
      versionsOf(received).filter((text) => text.startsWith(other)),
      [`${other} 1`, `${other} 2`],
    )
  isDown = false
  await until(() => versionsOf(received).includes(`${slow} 4`))
  const versions = versionsOf(received).filter((text) => text.startsWith(slow))
  // repeated attempts of the first, then each of the others once
  assert.deepEqual(
    [...new Set(versions)],
    [1, 2, 3, 4].map((version) => `${slow} ${version}`),
  )
  assert.equal(versions.lastIndexOf(`${slow} 1`) + 1, versions.indexOf(`${slow} 2`))
})

test('410 disables a webhook; once enabled it goes on with the first event that was not delivered', async (t) => {
  let isGone = true
  const { url, received } = await startReceiver(t, (_received, _request, response) => {
    response.writeHead(isGone ? 410 : 204).end()
  })
  const { id } = await hooks.addWebhook({ url })
  hooks.startSending(t)
  await placeOrder()
  await hooks.move()
  await until(async () => !(await hooks.call('GET', `/admin/webhooks/${id}`)).body.enabled)
  const { body } = await hooks.call('GET', `/admin/webhooks/${id}`)
  assert.equal(body.disabledReason, 'gone')
  await placeOrder()
  await hooks.move()
  isGone = false
  const before = received.length
  const { body: enabled } = await hooks.call('PATCH', `/admin/webhooks/${id}`, { enabled: true })
  assert.deepEqual([enabled.enabled, enabled.disabledReason], [true, null])
  await until(() => received.length >= before + 2)
  assert.equal(new Set(idsOf(received.slice(before))).size, 2)
})

test('Retry-After pauses the whole webhook', async (t) => {
  let status = 429
  const { url, received } = await startReceiver(t, (_received, _request, response) => {
    response.writeHead(status, { 'retry-after': '3600' }).end()
  })
  const { id } = await hooks.addWebhook({ url })
  hooks.startSending(t)
  await placeOrder()
  await hooks.move()
  await until(async () => (await hooks.call('GET', `/admin/webhooks/${id}`)).body.pausedUntil !== null)
  const { body } = await hooks.call('GET', `/admin/webhooks/${id}`)
  const pauseMs = Date.parse(body.pausedUntil) - Date.now()
  assert.ok(pauseMs > 3_590_000 && pauseMs < 3_960_000, String(pauseMs))
  const [waiting] = await deliveriesOf(id)
  assert.ok(Date.parse(waiting.nextAttemptAt) - Date.now() > 3_590_000)
  status = 204
  const { url: otherUrl, received: others } = await startReceiver(t)
  await hooks.addWebhook({ url: otherUrl })
  await placeOrder()
  await hooks.move()
  await until(() => others.length === 1)
  assert.equal(received.length, 1)
  // who enables it does not want to wait
  await hooks.call('PATCH', `/admin/webhooks/${id}`, { enabled: true })
  await until(() => received.length === 2)
})

test('after a takeover nothing is lost, and the former holder stores nothing', async (t) => {
  let isDown = true
  const { url, received } = await startReceiver(t, (_received, _request, response) => {
    response.writeHead(isDown ? 500 : 204).end()
  })
  await hooks.addWebhook({ url })
  const former = hooks.startSending(t, { ...hooks.lease })
  await placeOrder()
  await hooks.move()
  await until(() => received.length > 0)
  await hooks.leases.release(hooks.lease)
  Object.assign(hooks.lease, await hooks.leases.takeOver(uuidv7()))
  const orderId = await placeOrder()
  await hooks.move()
  // it still sends, until it has something to store
  await assert.rejects(former.sending, { name: 'LeaseGoneError' })
  const [before] = await cursors()
  isDown = false
  hooks.startSending(t)
  await until(() => versionsOf(received).includes(`${orderId} 1`))
  await until(async () => (await cursors())[0]?.cursor !== before?.cursor)
})
