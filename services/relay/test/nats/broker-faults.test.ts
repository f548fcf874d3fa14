import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startNats, withoutNats } from '@shop/tests/kit/nats'
import { dropPublish } from '@shop/tests/kit/network/drop-publish'
import { startProxy } from '@shop/tests/kit/network/proxy'
import { createTestApp, type TestApp } from '../app.ts'
import { connectForTest, placeOrders, positionsIn, range, readStream, startSink, until } from './broker.ts'

const options = { skip: withoutNats }

let app: TestApp
before(async () => {
  app = await createTestApp()
})
after(() => app.close())

test(
  'after a kill -9 of the broker in the middle of events, all are there once and in order',
  options,
  async (t) => {
    const nats = await startNats(t)
    const before = await placeOrders(app, 1)
    const sink = startSink(t, app, nats.url)
    await until(async () => (await sink.metric('position')) >= before, 'begun')
    let head = before
    for (let round = 0; round < 5; round++) {
      head = await placeOrders(app, 30)
      await nats.kill()
      await nats.start()
    }
    await until(async () => (await sink.metric('position')) === head, 'sent')
    assert.deepEqual(await positionsIn(nats.url), range(1, head))
  },
)

test('a broker that comes back empty gets all events again', options, async (t) => {
  const nats = await startNats(t)
  const sink = startSink(t, app, nats.url)
  const head = await placeOrders(app, 1)
  await until(async () => (await sink.metric('position')) === head, 'sent')
  await nats.kill()
  await nats.start('fresh')
  await until(async () => (await sink.metric('errors_total', 'unavailable')) >= 1, 'noticed')
  await until(async () => (await sink.metric('connected')) === 1, 'connected')
  await until(async () => (await readStream(nats.url)).length === head, 'sent again')
  assert.deepEqual(await positionsIn(nats.url), range(1, head))
})

test(
  'a frozen broker is noticed and costs one connection, and gets all events when it wakes',
  options,
  async (t) => {
    const nats = await startNats(t)
    const proxy = await startProxy(t, nats.url)
    const sink = startSink(t, app, proxy.url)
    const before = await placeOrders(app, 1)
    await until(async () => (await sink.metric('position')) === before, 'sent')
    nats.freeze(true)
    const head = await placeOrders(app, 20)
    const failures = () => sink.metric('errors_total', 'unavailable')
    await until(async () => (await failures()) >= 3, 'two attempts to connect', 30_000)
    assert.match(sink.log(), /does not answer within/)
    assert.ok(proxy.connections() <= 1, `${proxy.connections()} connections`)
    nats.freeze(false)
    await until(async () => (await sink.metric('position')) === head, 'caught up')
    assert.deepEqual(await positionsIn(nats.url), range(1, head))
  },
)

test('one publish that is lost on the way is sent again before those after it', options, async (t) => {
  const nats = await startNats(t)
  const proxy = await startProxy(t, nats.url)
  const loss = dropPublish('orders.placed', 100)
  proxy.rewrite(loss.change)
  const head = await placeOrders(app, 300)
  const sink = startSink(t, app, proxy.url)
  await until(async () => (await sink.metric('position')) === head, 'sent')
  assert.ok(loss.hasDropped())
  assert.ok((await sink.metric('errors_total', 'overtaken')) >= 1)
  assert.deepEqual(await positionsIn(nats.url), range(1, head))
})

test('a publish whose answer is lost is not stored twice', options, async (t) => {
  const nats = await startNats(t)
  const proxy = await startProxy(t, nats.url)
  const sink = startSink(t, app, proxy.url)
  const before = await placeOrders(app, 1)
  await until(async () => (await sink.metric('position')) === before, 'sent')
  // a request passes, and nothing after it
  const { manager } = await connectForTest(t, nats.url)
  proxy.stopAtChunk(2, () => undefined)
  const head = await placeOrders(app, 1)
  await until(async () => (await manager.streams.info('orders')).state.last_seq === head, 'stored')
  proxy.stopAtChunk(Number.POSITIVE_INFINITY, () => undefined)
  await until(async () => (await sink.metric('position')) === head, 'acknowledged', 30_000)
  assert.deepEqual(await positionsIn(nats.url), range(1, head))
})

test('a relay that wakes up late fails at the expected sequence and changes nothing', options, async (t) => {
  const nats = await startNats(t)
  const { manager } = await connectForTest(t, nats.url)
  // so short that the broker does not drop what is sent twice: the sequence alone must do
  await manager.streams.add({ name: 'orders', subjects: ['orders.*'], duplicate_window: 100_000_000 })
  const proxy = await startProxy(t, nats.url)
  const former = startSink(t, app, proxy.url)
  let head = await placeOrders(app, 1)
  await until(async () => (await former.metric('position')) === head, 'sent')

  proxy.silence()
  const asked = proxy.requests()
  head = await placeOrders(app, 20)
  await until(() => proxy.requests() > asked, 'the former holder has sent them')
  const holder = startSink(t, app, nats.url)
  await until(async () => (await holder.metric('position')) === head, 'sent')
  await until(async () => {
    const { state } = await manager.streams.info('orders')
    return Date.now() - Date.parse(state.last_ts) > 1000
  }, 'the broker has forgotten the ids')
  proxy.restore('deliver')
  await until(async () => (await former.metric('errors_total', 'overtaken')) >= 1, 'refused')
  head = await placeOrders(app, 20)
  for (const { metric } of [former, holder])
    await until(async () => (await metric('position')) === head, 'sent')
  assert.deepEqual(await positionsIn(nats.url), range(1, head))
})

test('a message that comes between those on their way stops all after it', options, async (t) => {
  const nats = await startNats(t)
  const { client, manager } = await connectForTest(t, nats.url)
  await manager.streams.add({ name: 'orders', subjects: ['orders.*'] })
  const proxy = await startProxy(t, nats.url)
  const sink = startSink(t, app, proxy.url)
  let head = await placeOrders(app, 1)
  await until(async () => (await sink.metric('position')) === head, 'sent')

  proxy.silence()
  const asked = proxy.requests()
  head = await placeOrders(app, 20)
  await until(() => proxy.requests() > asked, 'they are on their way')
  // now the second of them expects the sequence that this message has
  const { seq } = await client.publish('orders.placed', 'of somebody else')
  proxy.restore('deliver')
  await until(async () => (await sink.metric('position')) === head, 'sent')
  await manager.streams.deleteMessage('orders', seq)
  const positions = []
  const { state } = await manager.streams.info('orders')
  for (let at = 1; at <= state.last_seq; at++) {
    const message = await manager.streams.getMessage('orders', { seq: at })
    if (message) positions.push(Number(message.header.get('Relay-Cursor').split('.')[1]))
  }
  assert.deepEqual(positions, range(1, head))
})
