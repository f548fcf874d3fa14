import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startNats, withoutNats } from '@shop/tests/kit/nats'
import { createTestApp, type TestApp } from '../app.ts'
import { change, place } from '../orders.ts'
import { connectForTest, placeOrders, positionsIn, range, readStream, startSink, until } from './broker.ts'

const options = { skip: withoutNats }

let app: TestApp
before(async () => {
  app = await createTestApp()
})
after(() => app.close())

test(
  'all events go to the broker in the order of the feed, with the bytes of the feed',
  options,
  async (t) => {
    const nats = await startNats(t)
    const { database, shop, feed } = app
    const orders = [await place(database.owner, shop), await place(database.owner, shop)]
    for (const order of orders) await change(database.owner, order, 'pay')
    await app.move()
    const sink = startSink(t, app, nats.url)
    for (const order of orders) await change(database.owner, order, 'ship')
    await app.move()
    const { head, epoch } = await feed.readState()
    await until(async () => (await sink.metric('position')) === head, 'sent')

    const { events } = await feed.read(undefined, 1000)
    assert.deepEqual(
      await readStream(nats.url),
      events.map(({ type, id, position, json }) => ({
        subject: `orders.${type}`,
        id,
        cursor: `${epoch}.${position}`,
        position,
        json,
      })),
    )
    assert.ok(events.some(({ type }) => type === 'shipped'))
  },
)

test('a relay that takes over goes on from what the stream has', options, async (t) => {
  const nats = await startNats(t)
  await placeOrders(app, 3)
  const first = startSink(t, app, nats.url)
  let head = await placeOrders(app, 2)
  await until(async () => (await first.metric('position')) === head, 'sent')
  await first.stop()
  assert.deepEqual([await first.metric('connected'), await first.metric('lag_events')], [0, 0])

  head = await placeOrders(app, 3)
  const second = startSink(t, app, nats.url)
  await until(async () => (await second.metric('position')) === head, 'sent')
  assert.deepEqual(await positionsIn(nats.url), range(1, head))
  assert.deepEqual([await second.metric('connected'), await second.metric('lag_events')], [1, 0])
})

test('pages that follow one another keep the order', options, async (t) => {
  const nats = await startNats(t)
  const head = await placeOrders(app, 600)
  const sink = startSink(t, app, nats.url)
  await until(async () => (await sink.metric('position')) === head, 'sent')
  assert.deepEqual(await positionsIn(nats.url), range(1, head))
  assert.equal(await sink.metric('errors_total', 'overtaken'), 0)
})

test('the lag and the outage are metrics, an outage is one line in the log', options, async (t) => {
  const nats = await startNats(t)
  const sink = startSink(t, app, nats.url)
  let head = await placeOrders(app, 1)
  await until(async () => (await sink.metric('position')) === head, 'sent')
  await nats.kill()
  head = await placeOrders(app, 4)
  await until(async () => (await sink.metric('lag_events')) === 4, 'the lag is seen')
  await until(async () => (await sink.metric('errors_total', 'unavailable')) >= 5, 'five attempts')
  assert.equal(await sink.metric('connected'), 0)
  assert.ok(sink.log().split('are not sent').length <= 3, sink.log())
  await nats.start()
  await until(async () => (await sink.metric('position')) === head, 'caught up')
  assert.deepEqual(await positionsIn(nats.url), range(1, head))
  assert.equal(await sink.metric('lag_events'), 0)
})

test(
  'events that left the feed before they were sent are an error, and the rest is sent',
  options,
  async (t) => {
    const nats = await startNats(t)
    const first = startSink(t, app, nats.url)
    const sent = await placeOrders(app, 1)
    await until(async () => (await first.metric('position')) === sent, 'sent')
    await first.stop()
    const head = await placeOrders(app, 5)
    await app.database.owner.query({
      text: 'WITH cut AS (UPDATE relay_state SET oldest = $1) DELETE FROM feed WHERE position < $1',
      values: [head - 1],
    })
    const second = startSink(t, app, nats.url)
    await until(async () => (await second.metric('position')) === head, 'sent')
    assert.deepEqual((await positionsIn(nats.url)).slice(-3), [sent, head - 1, head])
    assert.equal(await second.metric('errors_total', 'expired'), 1)
    assert.match(second.log(), /"count":3,.*left the feed/)
  },
)

test(
  'user and password are used and never logged, and a password is not sent without TLS to tls://',
  options,
  async (t) => {
    const nats = await startNats(t, { args: ['--user', 'relay', '--pass', 'canary:pass/word'] })
    const login = `relay:${encodeURIComponent('canary:pass/word')}`
    const { host } = new URL(nats.url)
    const good = startSink(t, app, `nats://${login}@${host}`)
    await until(async () => (await good.metric('connected')) === 1, 'connected')
    const wrong = startSink(t, app, `nats://relay:canary-wrong@${host}`)
    await until(() => /authorization violation/i.test(wrong.log()), 'refused')
    const encrypted = startSink(t, app, `tls://${login}@${host}`)
    await until(() => /does not support 'tls'/.test(encrypted.log()), 'refused')
    assert.equal(await encrypted.metric('connected'), 0)
    for (const { log } of [good, wrong, encrypted]) assert.doesNotMatch(log(), /canary/)
  },
)

test('a token is used and never logged', options, async (t) => {
  const nats = await startNats(t, { args: ['--auth', 'canary-token'] })
  const { host } = new URL(nats.url)
  const good = startSink(t, app, `nats://canary-token@${host}`)
  await until(async () => (await good.metric('connected')) === 1, 'connected')
  assert.doesNotMatch(good.log(), /canary/)
})

test(
  'a stream that was deleted while nothing happens is made again with all that the feed has',
  options,
  async (t) => {
    const nats = await startNats(t)
    const head = await placeOrders(app, 2)
    const { oldest } = await app.feed.readState()
    const sink = startSink(t, app, nats.url)
    await until(async () => (await sink.metric('position')) === head, 'sent')
    const { manager } = await connectForTest(t, nats.url)
    await manager.streams.delete('orders')
    const names = async () => (await manager.streams.list().next()).map(({ state }) => state.last_seq)
    await until(async () => (await names())[0] === head - oldest + 1, 'made again')
    assert.deepEqual(await positionsIn(nats.url), range(oldest, head))
  },
)
