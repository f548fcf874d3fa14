import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { asUser } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, type TestAppOptions } from '../app.ts'
import { generatedExports, listen, open, readAll } from './exports.ts'
import { parseCsv } from './parse-csv.ts'

const types = ['application/x-ndjson', 'text/csv']

async function start(t: TestContext, options: TestAppOptions = {}) {
  const context = await createTestApp(options)
  cleanUp(t, () => context.close())
  const sockets: Socket[] = []
  context.app.server.on('connection', (socket) => sockets.push(socket))
  return { ...context, url: `${await listen(context)}/orders/export`, sockets }
}

/** More than the buffers of a connection hold. */
const manySlices = 100

for (const accept of types) {
  test(`${accept}: no more than three slices are in memory while the reader pauses`, async (t) => {
    const { counted, exports } = generatedExports(manySlices)
    const { url, sockets } = await start(t, { exports })
    const response = await open(t, url, { ...(await asUser(uuidv7())), accept })
    // until the buffers of both ends are full
    let before = -1
    await until(async () => {
      const isStill = counted.read === before
      before = counted.read
      await setTimeout(100)
      return isStill && counted.read === before
    })
    assert.ok(counted.read < manySlices / 2, `${counted.read} slices were read ahead`)
    const [socket] = sockets
    const written = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0)
    // each slice is about as long as the others
    const whole = await readAll(response)
    assert.ok(whole.isWhole)
    const sliceLength = Buffer.byteLength(whole.text) / manySlices
    const inMemory = before - written / sliceLength
    assert.ok(inMemory < 3.1, `${inMemory} slices`)
    assert.equal(counted.read, manySlices)
  })
}

test('a client that goes away stops the export and leaves its place', async (t) => {
  const logLines: string[] = []
  const { counted, exports } = generatedExports(100_000)
  const { url } = await start(t, { exports, logLines })
  const me = await asUser(uuidv7())
  // more than there are places for one user at a time
  for (let round = 0; round < 5; round++) {
    const response = await open(t, url, me)
    assert.equal(response.statusCode, 200)
    const ended = () => logLines.filter((line) => line.includes('export ended')).length
    response.destroy()
    await until(() => ended() === round + 1)
    const { read } = counted
    await setTimeout(50)
    assert.ok(counted.read <= read + 1, 'one read may have been in progress')
  }
})

test('beyond the maximum, in all and of one user, exports are refused until one ends', async (t) => {
  const { url } = await start(t, generatedExports(100_000))
  const users = await Promise.all([1, 2, 3].map(() => asUser(uuidv7())))
  const [me, you, she] = users as [
    { authorization: string },
    { authorization: string },
    { authorization: string },
  ]
  const mine = [await open(t, url, me), await open(t, url, me)]
  const refused = await open(t, url, me)
  assert.equal(refused.statusCode, 503)
  assert.equal(refused.headers['retry-after'], '10')
  assert.equal(JSON.parse((await readAll(refused)).text).code, 'exports_busy')

  const yours = [await open(t, url, you), await open(t, url, you)]
  assert.deepEqual(
    [...mine, ...yours].map(({ statusCode }) => statusCode),
    [200, 200, 200, 200],
  )
  assert.equal((await open(t, url, she)).statusCode, 503)
  mine[0]?.destroy()
  await until(async () => (await open(t, url, she)).statusCode === 200)
})

test('a reader that is slower than the idle time-out of other connections is not cut off', async (t) => {
  const context = await createTestApp(generatedExports(30))
  cleanUp(t, () => context.close())
  context.app.server.setTimeout(100)
  const url = `${await listen(context)}/orders/export`
  const response = await open(t, url, { ...(await asUser(uuidv7())), accept: 'text/csv' })
  await setTimeout(600)
  const { isWhole, text } = await readAll(response)
  assert.ok(isWhole)
  assert.equal(parseCsv(text).length, 1 + 30 * 100)
})
