import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { signToken } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { createTestApp, insertOrder, insertProduct, insertUser } from '../app.ts'
import { listen } from '../exports/exports.ts'
import { publish } from './feed.ts'

type Follow = (options: {
  getToken: () => Promise<string>
  signal: AbortSignal
  loadOrders: () => Promise<void>
  onOrder: (order: { id: string }, type: string) => void
}) => Promise<void>

/** Returns the client in docs/events.md, for the service at `url`. */
async function documentedClient(url: string): Promise<Follow> {
  const document = await readFile(new URL('../../../../docs/events.md', import.meta.url), 'utf8')
  const [, code = ''] = /^```js\n(async function follow.*?)^```$/ms.exec(document) ?? []
  const served = code.replace("'/orders/stream'", `'${url}/orders/stream'`)
  assert.notEqual(served, code)
  return new Function(`${served}; return follow`)()
}

test('the client in docs/events.md loads the orders once, and misses nothing when its connection breaks', async (t) => {
  const context = await createTestApp()
  cleanUp(t, () => context.close())
  const sockets: Socket[] = []
  context.app.server.on('connection', (socket) => sockets.push(socket))
  const follow = await documentedClient(await listen(context))
  const { database } = context
  const userId = await insertUser(database)
  const productId = await insertProduct(database)
  const stopped = new AbortController()
  const received: string[] = []
  let loaded = 0
  const following = follow({
    getToken: () => signToken({ id: userId }),
    signal: stopped.signal,
    loadOrders: async () => void loaded++,
    onOrder: ({ id }, type) => received.push(`${type} ${id}`),
  })
  await until(() => loaded === 1)
  const ids: string[] = []
  for (let round = 0; round < 3; round++) {
    ids.push(await insertOrder(database, { userId, productId }))
    await publish(database)
    await until(() => received.length === ids.length)
    for (const socket of sockets) socket.destroy()
    // while there is no connection
    ids.push(await insertOrder(database, { userId, productId }))
    await publish(database)
    await until(() => received.length === ids.length)
  }
  await setTimeout(200)
  stopped.abort()
  await following
  assert.deepEqual(
    received,
    ids.map((id) => `placed ${id}`),
  )
  assert.equal(loaded, 1)
})
