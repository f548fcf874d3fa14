import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream'
import { startNats, withoutNats } from '@shop/tests/kit/nats'
import { createTestApp, type TestApp } from '../app.ts'
import { connectForTest, placeOrders, positionsIn, range, retentionMs, startSink, until } from './broker.ts'

const options = { skip: withoutNats }

let app: TestApp
before(async () => {
  app = await createTestApp()
})
after(() => app.close())

const retentionNs = retentionMs * 1_000_000

test('a stream is made that loses nothing and keeps events as long as the feed', options, async (t) => {
  const nats = await startNats(t)
  const head = await placeOrders(app, 1)
  const sink = startSink(t, app, nats.url)
  await until(async () => (await sink.metric('position')) === head, 'sent')
  const { manager } = await connectForTest(t, nats.url)
  const { config } = await manager.streams.info('orders')
  const { subjects, storage, retention, discard, max_age, max_msgs, max_bytes, duplicate_window } = config
  assert.deepEqual(
    { subjects, storage, retention, discard, max_age, max_msgs, max_bytes, duplicate_window },
    {
      subjects: ['orders.*'],
      storage: 'file',
      retention: 'limits',
      discard: 'new',
      max_age: retentionNs,
      max_msgs: -1,
      max_bytes: -1,
      duplicate_window: 120_000_000_000,
    },
  )
})

type Difference = Partial<StreamConfig>

const losing: [problem: string, Difference][] = [
  ['storage must be file', { storage: StorageType.Memory }],
  ['retention must be limits', { retention: RetentionPolicy.Workqueue }],
  ['retention must be limits', { retention: RetentionPolicy.Interest }],
  ['no_ack', { no_ack: true }],
  ['sources', { sources: [{ name: 'other' }] }],
  ['with max_msgs', { max_msgs: 1000 }],
  ['with max_bytes', { max_bytes: 1_000_000 }],
  ['max_msgs_per_subject', { max_msgs_per_subject: 1000, discard: DiscardPolicy.New }],
  ['max_age must be at least 1 hours', { max_age: retentionNs - 1_000_000 }],
  ['max_msg_size must be at least', { max_msg_size: 65_536 }],
  ['subjects must include orders.paid, ', { subjects: ['orders.placed'] }],
]

for (const [problem, difference] of losing)
  test(
    `a stream with ${JSON.stringify(difference)} is refused, and replaced when it was deleted`,
    options,
    async (t) => {
      const nats = await startNats(t)
      const { manager } = await connectForTest(t, nats.url)
      await manager.streams.add({ name: 'orders', subjects: ['orders.>'], ...difference })
      const head = await placeOrders(app, 1)
      const sink = startSink(t, app, nats.url)
      await until(async () => (await sink.metric('errors_total', 'stream_refused')) >= 2, 'refused twice')
      assert.match(
        sink.log(),
        new RegExp(`"level":"warn".*would lose events, so nothing is sent: [^"]*${problem}`),
      )
      assert.equal(await sink.metric('connected'), 0)
      assert.equal((await manager.streams.info('orders')).state.last_seq, 0)

      await manager.streams.delete('orders')
      await until(async () => (await sink.metric('position')) === head, 'sent')
    },
  )

const keeping: Difference[] = [
  { max_bytes: 10_000_000, discard: DiscardPolicy.New },
  { max_msgs: 1000, discard: DiscardPolicy.New, max_age: retentionNs },
  { subjects: ['orders.*', 'others.>'], max_msg_size: 100_000 },
]

for (const difference of keeping)
  test(`a stream with ${JSON.stringify(difference)} is used`, options, async (t) => {
    const nats = await startNats(t)
    const { manager } = await connectForTest(t, nats.url)
    await manager.streams.add({ name: 'orders', subjects: ['orders.>'], ...difference })
    const head = await placeOrders(app, 1)
    const sink = startSink(t, app, nats.url)
    await until(async () => (await sink.metric('position')) === head, 'sent')
    assert.deepEqual(await positionsIn(nats.url), range(1, head))
  })

test('a stream that is full holds events up and loses none', options, async (t) => {
  const nats = await startNats(t)
  const { manager } = await connectForTest(t, nats.url)
  const head = await placeOrders(app, 3)
  const full = { name: 'orders', subjects: ['orders.>'], discard: DiscardPolicy.New }
  await manager.streams.add({ ...full, max_msgs: head - 1 })
  const sink = startSink(t, app, nats.url)
  await until(async () => (await sink.metric('errors_total', 'unavailable')) >= 2, 'full')
  await manager.streams.update('orders', { max_msgs: 1_000_000 })
  await until(async () => (await sink.metric('position')) === head, 'sent')
  assert.deepEqual(await positionsIn(nats.url), range(1, head))
})
