import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startNameServer } from '@shop/tests/kit/network/name-server'
import { createResolver } from '../../src/webhooks/resolver.ts'

const resolverAt = (port: number, timeoutMs = 5000) =>
  createResolver({ timeoutMs, servers: [`127.0.0.1:${port}`] })

test('a name has all its addresses', async (t) => {
  const resolve = resolverAt(await startNameServer(t, ['192.0.2.1', '192.0.2.2']))
  assert.deepEqual((await resolve('shop.example')).sort(), ['192.0.2.1', '192.0.2.2'])
})

test('a name whose server never answers fails in time', async (t) => {
  const resolve = resolverAt(await startNameServer(t, () => undefined), 200)
  await assert.rejects(resolve('silent.example'))
})

test('names whose servers are silent hold up no other name', async (t) => {
  const silent = resolverAt(await startNameServer(t, () => undefined), 60_000)
  const good = resolverAt(await startNameServer(t, ['192.0.2.1']))
  // dns.lookup has four threads
  const waiting = Array.from({ length: 20 }, (_, index) => silent(`${index}.example`))
  assert.deepEqual(await Promise.race([good('good.example'), ...waiting]), ['192.0.2.1'])
  for (const question of waiting) question.catch(() => undefined)
})

test('localhost is no question for a DNS server', async (t) => {
  let asked = 0
  const resolve = resolverAt(
    await startNameServer(t, () => {
      asked++
      return ['192.0.2.1']
    }),
  )
  for (const name of ['localhost', 'localhost.', 'a.localhost'])
    assert.deepEqual(await resolve(name), ['127.0.0.1', '::1'])
  assert.equal(asked, 0)
})
