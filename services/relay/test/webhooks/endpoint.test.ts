import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { ActiveWebhook, DeliveryChange, WaitingDelivery } from '../../src/db/webhook-work.ts'
import type { StoredEvent } from '../../src/feed-reader.ts'
import type { Outcome } from '../../src/webhooks/attempt.ts'
import { createEndpoint, windows } from '../../src/webhooks/endpoint.ts'

const delivered: Outcome = { delivered: true, status: 204, durationMs: 1 }
const failed: Outcome = { delivered: false, status: 500, reason: 'status', durationMs: 1 }

const eventAt = (position: number, orderId = `order ${position}`, type = 'placed'): StoredEvent => ({
  position,
  id: `event ${position}`,
  type,
  orderId,
  userId: 'user',
  json: `{"sequence":${position}}`,
})

/** A webhook after position 0 of a feed that is all in memory, whose attempts end when the test says so. */
function createWebhook(events: StoredEvent[], options: Partial<ActiveWebhook> = {}) {
  const inProgress = new Map<string, (outcome: Outcome) => void>()
  const sent: string[] = []
  const changes: DeliveryChange[] = []
  const webhook: ActiveWebhook = {
    id: 'webhook',
    url: 'https://example.com/',
    types: null,
    ordered: false,
    cursor: 0,
    pausedMs: 0,
    secrets: [],
    waiting: 0,
    ...options,
  }
  const endpoint = createEndpoint(webhook, {
    sender: {
      send({ id }) {
        sent.push(id)
        return new Promise((resolve) => inProgress.set(id, resolve))
      },
      close: async () => undefined,
    },
    secrets: [],
    feed: { read: () => assert.fail('all events are in memory') },
    tail: {
      at: (position) => events[position - 1],
      reachesBackTo: () => true,
    },
    waits: [5],
    waitingOrders: new Map(),
    onChange: (change) => changes.push(change),
    onAttempt: () => undefined,
    onError: (error) => assert.fail(String(error)),
  })
  return {
    webhook,
    endpoint,
    sent,
    changes,
    async retry(delivery: WaitingDelivery) {
      endpoint.retry(delivery)
      await setImmediate()
    },

    /** Ends the attempt to send the event at `position`. */
    async end(position: number, outcome: Outcome) {
      inProgress.get(`event ${position}`)?.(outcome)
      await setImmediate()
    },
    waiting: (position: number, rest: Partial<WaitingDelivery> = {}): WaitingDelivery => ({
      webhookId: 'webhook',
      eventId: `event ${position}`,
      position,
      orderId: `order ${position}`,
      type: 'placed',
      attempts: 1,
      isRedelivery: false,
      ...rest,
    }),
  }
}

const manyEvents = (count: number) => Array.from({ length: count }, (_, index) => eventAt(index + 1))

test('at most a window of first attempts is in progress', async () => {
  const { endpoint, sent, end } = createWebhook(manyEvents(100))
  endpoint.pump()
  assert.equal(sent.length, windows.first)
  await end(5, delivered)
  assert.equal(sent.length, windows.first + 1)
  assert.equal(sent.at(-1), `event ${windows.first + 1}`)
})

test('the cursor stays before the oldest event that is not done, whatever comes after it', async () => {
  const { endpoint, end } = createWebhook(manyEvents(4))
  endpoint.pump()
  await end(2, delivered)
  await end(4, delivered)
  assert.equal(endpoint.takeProgress()?.cursor, 0)
  await end(1, delivered)
  assert.equal(endpoint.takeProgress()?.cursor, 2)
  assert.equal(endpoint.takeProgress(), undefined)
  await end(3, delivered)
  assert.equal(endpoint.takeProgress()?.cursor, 4)
})

test('what fails has to be stored before the cursor passes it', async () => {
  const { endpoint, changes, end } = createWebhook(manyEvents(1))
  endpoint.pump()
  assert.deepEqual(changes, [])
  await end(1, failed)
  assert.equal(endpoint.takeProgress()?.cursor, 1)
  assert.deepEqual(
    changes.map(({ eventId, state, attempts }) => [eventId, state, attempts]),
    [['event 1', 'waiting', 1]],
  )
})

test('progress that could not be stored is returned again', async () => {
  const { endpoint, end } = createWebhook(manyEvents(1))
  endpoint.pump()
  await end(1, { ...failed, status: 429, retryAfterSeconds: 60 })
  const progress = endpoint.takeProgress()
  assert.ok(progress?.pauseMs)
  endpoint.markDirty(progress)
  assert.deepEqual(endpoint.takeProgress(), progress)
})

test('a receiver that fails gets no further events once a thousand wait, until an attempt succeeds', async () => {
  const { endpoint, sent, end, waiting, retry } = createWebhook(manyEvents(100), { waiting: 1000 })
  endpoint.pump()
  for (let position = 1; position <= windows.first; position++) await end(position, failed)
  assert.equal(sent.length, windows.first)
  await retry(waiting(1))
  await end(1, delivered)
  endpoint.pump()
  // a later attempt, and a whole window of further events
  assert.equal(sent.length, windows.first + 1 + windows.first)
})

test('at most a window of later attempts is in progress, each once', async () => {
  const { endpoint, sent, changes, end, waiting, retry } = createWebhook(manyEvents(100), { cursor: 100 })
  for (let position = 1; position <= 20; position++) await retry(waiting(position))
  await retry(waiting(1))
  assert.equal(sent.length, windows.later)
  await end(1, delivered)
  assert.deepEqual([changes[0]?.state, changes[0]?.attempts], ['delivered', 2])
  // it is read again until its result is stored
  await retry(waiting(1))
  assert.equal(sent.length, windows.later)
  endpoint.stored(waiting(1))
  await retry(waiting(9))
  assert.equal(sent.length, windows.later + 1)
})

test('the last attempt parks a delivery', async () => {
  const { changes, end, waiting, retry } = createWebhook(manyEvents(1), { cursor: 1 })
  await retry(waiting(1))
  await end(1, failed)
  assert.deepEqual([changes[0]?.state, changes[0]?.attempts], ['parked', 2])
})

test('a delivery whose event is no longer kept is parked', async () => {
  const events = manyEvents(2)
  const { changes, sent, waiting, retry } = createWebhook(events, { cursor: 2 })
  await retry(waiting(1, { eventId: 'another event, from before a backup was restored' }))
  await setImmediate()
  assert.deepEqual(sent, [])
  assert.deepEqual([changes[0]?.state, changes[0]?.reason], ['parked', 'event_expired'])
})

test('nothing begins during a pause, nor after 410', async () => {
  for (const outcome of [
    { ...failed, status: 503, retryAfterSeconds: 60 },
    { ...failed, status: 410 },
  ]) {
    const { endpoint, sent, end, waiting, retry } = createWebhook(manyEvents(100))
    endpoint.pump()
    await end(1, outcome)
    await retry(waiting(1))
    endpoint.pump()
    assert.equal(sent.length, windows.first)
    const progress = endpoint.takeProgress()
    assert.equal(progress?.isGone, outcome.status === 410)
    assert.equal(endpoint.isGone(), outcome.status === 410)
    assert.equal(progress?.pauseMs === null, outcome.status === 410)
  }
})

test('a pause is as long as the receiver asks for, not as long as the event waits', async () => {
  const { endpoint, end } = createWebhook(manyEvents(1))
  endpoint.pump()
  // the event waits for five
  await end(1, { ...failed, status: 503, retryAfterSeconds: 2 })
  const pauseMs = endpoint.takeProgress()?.pauseMs ?? 0
  assert.ok(pauseMs > 1000 && pauseMs <= 2000, String(pauseMs))
})

test('a pause ends when the latest settings say so', async () => {
  const { endpoint, sent, webhook } = createWebhook(manyEvents(1), { pausedMs: 3_600_000 })
  endpoint.pump()
  assert.deepEqual(sent, [])
  endpoint.update({ ...webhook, pausedMs: 0 }, [])
  endpoint.pump()
  assert.deepEqual(sent, ['event 1'])
})

test('events of other types are passed over', async () => {
  const { endpoint, sent, end } = createWebhook([eventAt(1), eventAt(2, 'order 2', 'paid'), eventAt(3)], {
    types: ['paid'],
  })
  endpoint.pump()
  assert.deepEqual(sent, ['event 2'])
  await end(2, delivered)
  assert.equal(endpoint.takeProgress()?.cursor, 3)
})

test('results of a closed webhook do not count', async () => {
  const { endpoint, changes, end } = createWebhook(manyEvents(1))
  endpoint.pump()
  endpoint.takeProgress()
  await endpoint.close()
  await end(1, failed)
  assert.deepEqual(changes, [])
  assert.equal(endpoint.takeProgress(), undefined)
})

test('ordered: what waits behind a failure is stored, not attempted', async () => {
  const events = [eventAt(1, 'a'), eventAt(2, 'a'), eventAt(3, 'b'), eventAt(4, 'a')]
  const { endpoint, sent, changes, end, waiting, retry } = createWebhook(events, { ordered: true })
  endpoint.pump()
  assert.deepEqual(sent, ['event 1', 'event 3'])
  await end(1, failed)
  assert.deepEqual(
    changes.map(({ eventId, attempts, state }) => [eventId, attempts, state]),
    [
      ['event 1', 1, 'waiting'],
      ['event 2', 0, 'waiting'],
      ['event 4', 0, 'waiting'],
    ],
  )
  await end(3, delivered)
  assert.equal(endpoint.takeProgress()?.cursor, 4)
  // once all of them are done, the order's next event is attempted directly
  for (const position of [1, 2, 4]) {
    events.push(eventAt(events.length + 1, 'a'))
    await retry(waiting(position, { orderId: 'a' }))
    endpoint.pump()
    await end(position, delivered)
  }
  const stored = changes.filter(({ attempts }) => attempts === 0).map(({ eventId }) => eventId)
  assert.deepEqual(stored, ['event 2', 'event 4', 'event 5', 'event 6', 'event 7'])
  for (const position of [5, 6, 7]) {
    await retry(waiting(position, { orderId: 'a', attempts: 0 }))
    await end(position, delivered)
  }
  events.push(eventAt(8, 'a'))
  endpoint.pump()
  assert.equal(sent.at(-1), 'event 8')
})
