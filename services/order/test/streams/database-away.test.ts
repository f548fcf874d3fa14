import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { startProxy } from '@shop/tests/kit/network/proxy'
import { until } from '@shop/tests/kit/until'
import { createTestApp, insertOrder, insertProduct, insertUser } from '../app.ts'
import { listen } from '../exports/exports.ts'
import { publish } from './feed.ts'
import { openReader } from './streams.ts'

test('streams outlive a database that is away, and miss nothing', async (t) => {
  const logLines: string[] = []
  const started = Promise.withResolvers<Awaited<ReturnType<typeof startProxy>>>()
  const context = await createTestApp({
    logLines,
    streams: { heartbeatMs: 200 },
    connect: async (config) => {
      const proxy = await startProxy(t, config.databaseUrl)
      started.resolve(proxy)
      return { ...config, databaseUrl: proxy.url, databaseQueryTimeoutMs: 300 }
    },
  })
  cleanUp(t, () => context.close())
  const proxy = await started.promise
  const url = await listen(context)
  const { database } = context
  const userId = await insertUser(database)
  const productId = await insertProduct(database)
  const reader = await openReader(t, url, { userId })
  await until(() => reader.text() !== '')
  const ids: string[] = []
  for (const how of ['deliver', 'forget'] as const) {
    proxy.silence()
    ids.push(await insertOrder(database, { userId, productId }))
    await publish(database)
    const before = reader.text().length
    // longer than a statement may take
    await setTimeout(1500)
    assert.ok(reader.text().length > before, 'heartbeats go on')
    proxy.restore(how)
    await reader.untilEvents(ids.length)
  }
  assert.deepEqual(
    reader.events().map(({ data }) => data.id),
    ids,
  )
  const warnings = logLines.filter((line) => line.includes('the feed cannot be read'))
  assert.ok(warnings.length <= 2, `${warnings.length} warnings`)
})
