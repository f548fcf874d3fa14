import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startProcess } from '@shop/commands/processes'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { startNats, withoutNats } from '@shop/tests/kit/nats'
import { createTestApp, type TestApp } from '../app.ts'
import { connectForTest, placeOrders, positionsIn, range, readStream, startSink, until } from './broker.ts'

const options = { skip: withoutNats }

let app: TestApp
before(async () => {
  app = await createTestApp()
})
after(() => app.close())

function startRewind(t: TestContext, to: string, brokerUrl: string) {
  const command = startProcess({
    name: 'rewind',
    argv: ['node', fileURLToPath(new URL('../../src/nats/rewind.ts', import.meta.url)), '--to', to],
    env: { ...process.env, DATABASE_URL: app.database.urlOf('relay_service'), BROKER_URL: brokerUrl },
  })
  cleanUp(t, () => command.kill())
  return command
}

/** Runs the command. Returns how it ended and what it printed. */
async function rewind(t: TestContext, to: string, brokerUrl: string) {
  const { ended, output } = startRewind(t, to, brokerUrl)
  return { how: await ended, output: output() }
}

const [short, long] = [100_000_000, 600_000_000_000]

test('relay:rewind has the running relay send all events after a cursor again', options, async (t) => {
  const nats = await startNats(t)
  const { manager } = await connectForTest(t, nats.url)
  await manager.streams.add({ name: 'orders', subjects: ['orders.*'], duplicate_window: short })
  const sink = startSink(t, app, nats.url)
  const old = await placeOrders(app, 4)
  await until(async () => (await sink.metric('position')) === old, 'sent')
  await setTimeout(1000)
  await manager.streams.update('orders', { duplicate_window: long })
  const recent = await placeOrders(app, 3)
  await until(async () => (await sink.metric('position')) === recent, 'sent')

  const { how, output } = await rewind(t, (await readStream(nats.url))[0]?.cursor ?? '', nats.url)
  assert.deepEqual(
    { how, output },
    { how: 'exit code 0', output: 'Sent event 2 again. The relay goes on with those after it.\n' },
  )
  // without a new event, it notices within some seconds
  await until(async () => (await sink.metric('errors_total', 'repeat')) > 1, 'the recent ones are dropped')
  assert.deepEqual(await positionsIn(nats.url), [...range(1, recent), ...range(2, old)])

  // as when the window has passed
  await manager.streams.update('orders', { duplicate_window: short })
  await nats.kill()
  await nats.start()
  const head = await placeOrders(app, 1)
  await until(async () => (await sink.metric('position')) === head, 'sent again')
  assert.deepEqual(await positionsIn(nats.url), [...range(1, recent), ...range(2, head)])
})

test('relay:rewind waits while the broker would drop the event', options, async (t) => {
  const nats = await startNats(t)
  const { manager } = await connectForTest(t, nats.url)
  const stream = { name: 'orders', subjects: ['orders.*'], duplicate_window: long }
  await manager.streams.add(stream)
  const head = await placeOrders(app, 2)
  const sink = startSink(t, app, nats.url)
  await until(async () => (await sink.metric('position')) === head, 'sent')
  const { epoch } = await app.feed.readState()
  const { ended, output } = startRewind(t, `${epoch}.${head - 2}`, nats.url)
  await until(() => output().startsWith('The broker got this event a short time ago'), 'it waits')
  assert.deepEqual(await positionsIn(nats.url), range(1, head))
  // a new stream has no ids
  await sink.stop()
  await manager.streams.delete('orders')
  await manager.streams.add(stream)
  assert.equal(await ended, 'exit code 0')
  assert.match(output(), /waiting …\nSent event/)
})

test('relay:rewind refuses what is no place in the feed', options, async (t) => {
  const nats = await startNats(t)
  const { epoch, head } = await app.feed.readState()
  const ended = async (to: string, url = nats.url) => {
    const { how, output } = await rewind(t, to, url)
    return `${how}: ${output.trim()}`
  }
  assert.match(await ended('00000000.1'), /^exit code 1: This cursor is from before a backup was restored/)
  assert.match(await ended(`${epoch}.${head + 1}`), /^exit code 1: This cursor is ahead of the last event/)
  assert.match(await ended('1'), /^exit code 1: --to must be a cursor/)
  assert.equal(
    await ended(`${epoch}.${head}`),
    'exit code 0: There is no event after this cursor, so nothing is sent again.',
  )
  assert.match(await ended(`${epoch}.0`, ''), /^exit code 1: BROKER_URL is required/)
})

test(
  'after a backup of the database was restored, what the stream does not have is sent',
  options,
  async (t) => {
    const nats = await startNats(t)
    const { manager } = await connectForTest(t, nats.url)
    await manager.streams.add({ name: 'orders', subjects: ['orders.*'], duplicate_window: 100_000_000 })
    const first = startSink(t, app, nats.url)
    const common = await placeOrders(app, 6)
    const head = await placeOrders(app, 5)
    await until(async () => (await first.metric('position')) === head, 'sent')
    await first.stop()
    await setTimeout(200)
    // as the backup had it
    await app.database.owner.query({ text: 'DELETE FROM feed WHERE position > $1', values: [common] })
    const headAfter = await placeOrders(app, 2)
    assert.equal(headAfter, common + 2)

    const second = startSink(t, app, nats.url)
    await until(async () => (await second.metric('position')) === headAfter, 'sent')
    const { events } = await app.feed.read(undefined, 1000)
    const sent = (await readStream(nats.url)).slice(head)
    // it looks back in steps of 1, 2 and 4 messages, so that some are sent again
    assert.deepEqual(
      sent.map(({ position }) => position),
      range(common - 1, headAfter),
    )
    assert.deepEqual(
      sent.map(({ json }) => json),
      events.slice(-4).map(({ json }) => json),
    )
  },
)
