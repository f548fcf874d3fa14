import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { asUser } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, type TestAppOptions } from '../app.ts'
import { listen } from '../exports/exports.ts'
import { openReader } from './streams.ts'

async function start(t: TestContext, options: TestAppOptions) {
  const context = await createTestApp(options)
  cleanUp(t, () => context.close())
  return { context, url: await listen(context) }
}

test('a user has ten streams, all users have as many as the setting, and a place is free again at once', async (t) => {
  const { url } = await start(t, { streams: { maxStreams: 12 } })
  const [me, you] = [uuidv7(), uuidv7()]
  const openMany = (userId: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => openReader(t, url, { userId })))
  const mine = await openMany(me, 10)
  assert.ok(mine.every(({ response }) => response.statusCode === 200))
  const tooMany = await openReader(t, url, { userId: me })
  const yours = await openMany(you, 2)
  const busy = await openReader(t, url, { userId: you })
  assert.ok(yours.every(({ response }) => response.statusCode === 200))
  for (const [reader, status, code] of [
    [tooMany, 429, 'too_many_streams'],
    [busy, 503, 'streams_busy'],
  ] as const) {
    await until(() => reader.isClosed())
    const { statusCode, headers } = reader.response
    assert.deepEqual(
      [statusCode, headers['retry-after'], JSON.parse(reader.text()).code],
      [status, '10', code],
    )
  }
  mine[0]?.response.destroy()
  await until(async () => (await openReader(t, url, { userId: me })).response.statusCode === 200)
})

test('a stream that cannot be opened takes no place', async (t) => {
  const { context } = await start(t, { streams: { maxStreams: 1 } })
  for (let round = 0; round < 3; round++) {
    const headers = { ...(await asUser(uuidv7())), 'last-event-id': 'otherone.1' }
    const { statusCode } = await context.app.inject({ url: '/orders/stream', headers })
    assert.equal(statusCode, 409)
  }
})

test('open streams are no requests in progress', async (t) => {
  const { url } = await start(t, { limits: { maxReads: 2, maxWrites: 2 } })
  const users = Array.from({ length: 5 }, () => uuidv7())
  for (const userId of users) {
    const reader = await openReader(t, url, { userId })
    assert.equal(reader.response.statusCode, 200)
  }
  const answer = await fetch(`${url}/orders`, { headers: await asUser(users[0] as string) })
  assert.equal(answer.status, 200)
})
