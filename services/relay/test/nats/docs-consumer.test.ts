import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { headers } from '@nats-io/transport-node'
import { startProcess } from '@shop/commands/processes'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { startNats, withoutNats } from '@shop/tests/kit/nats'
import { createTestApp } from '../app.ts'
import { change, place } from '../orders.ts'
import { connectForTest, positionsIn, startSink, until } from './broker.ts'

/** Returns the consumer in docs/events.md. */
async function readExample(): Promise<string> {
  const text = await readFile(new URL('../../../../docs/events.md', import.meta.url), 'utf8')
  const [, block] = /\n\n((?: {4}import .*\n)(?: {4}.*\n|\n)*)/.exec(text) ?? []
  return block ?? assert.fail('docs/events.md has no consumer')
}

test('the consumer in docs/events.md prints each event once, in order', { skip: withoutNats }, async (t) => {
  const app = await createTestApp()
  cleanUp(t, () => app.close())
  const nats = await startNats(t)
  const { manager, client } = await connectForTest(t, nats.url)
  await manager.streams.add({ name: 'orders', subjects: ['orders.*'], duplicate_window: 100_000_000 })
  const { database, shop, move } = app
  const order = await place(database.owner, shop)
  await change(database.owner, order, 'pay')
  await move()
  const first = startSink(t, app, nats.url)
  await until(async () => (await first.metric('position')) === 2, 'sent')
  await first.stop()
  // as relay:rewind does
  const message = await manager.streams.getMessage('orders', { seq: 1 })
  assert.ok(message)
  await setTimeout(200)
  const again = headers()
  for (const name of ['Nats-Msg-Id', 'Relay-Cursor']) again.set(name, message.header.get(name))
  await client.publish(message.subject, message.data, { headers: again })
  await change(database.owner, order, 'ship')
  await move()
  const second = startSink(t, app, nats.url)
  await until(async () => (await second.metric('position')) === 3, 'sent')
  await second.stop()

  const consumer = startProcess({
    name: 'consumer',
    argv: ['node', '--input-type=module', '--eval', await readExample()],
    env: { ...process.env, BROKER_URL: nats.url },
  })
  cleanUp(t, () => consumer.kill())
  assert.deepEqual(await positionsIn(nats.url), [1, 2, 1, 2, 3])
  await until(() => consumer.output().includes('shipped'), 'the consumer has got all')
  assert.equal(
    consumer.output(),
    ['placed', 'paid', 'shipped']
      .map((type, index) => `com.example.orders.${type}.v1 ${order} ${index + 1}\n`)
      .join(''),
  )
})
