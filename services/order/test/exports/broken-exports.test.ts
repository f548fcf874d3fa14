import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { cleanUp } from '@shop/tests/kit/clean-up'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertProduct, insertUser, type TestAppOptions } from '../app.ts'
import { generatedExports, insertManyOrders, listen, open, readAll } from './exports.ts'

const types = ['application/x-ndjson', 'text/csv']

async function start(t: TestContext, options: TestAppOptions = {}) {
  const context = await createTestApp(options)
  cleanUp(t, () => context.close())
  return { ...context, url: `${await listen(context)}/orders/export` }
}

/** More than the buffers of a connection hold. */
const manySlices = 100

for (const accept of types) {
  test(`${accept}: a failure in the middle breaks the transfer off and is logged with the request's id`, async (t) => {
    const logLines: string[] = []
    const { counted, exports } = generatedExports(manySlices)
    const { url } = await start(t, { exports, logLines })
    const response = await open(t, url, { ...(await asUser(uuidv7())), accept, 'x-request-id': 'broken-off' })
    assert.equal(response.statusCode, 200)
    counted.fail = new Error('the disk is on fire')
    const { isWhole, text } = await readAll(response)
    assert.equal(isWhole, false)
    assert.ok(text.length > 0, 'something had been sent')
    const lines = logLines.map((line) => JSON.parse(line))
    const failures = lines.filter(({ err }) => err?.message === 'the disk is on fire')
    assert.deepEqual(
      failures.map(({ level, reqId }) => [level, reqId]),
      [['error', 'broken-off']],
    )
    const [ended] = lines.filter(({ msg }) => msg === 'export ended')
    assert.equal(ended?.isComplete, false)
  })

  test(`${accept}: so does the end of the database's connection`, async (t) => {
    const logLines: string[] = []
    const { url, database } = await start(t, { logLines })
    const userId = await insertUser(database)
    const productId = await insertProduct(database)
    // so many that the buffers of the connection do not hold them
    await database.owner.query({ text: 'ALTER TABLE orders DISABLE TRIGGER review_changed_order' })
    await insertManyOrders({ database }, { userId, productId, count: 4000 })
    await database.owner.query({
      text: `UPDATE orders SET metadata = jsonb_build_object('note', repeat('x', 10000))`,
    })
    const response = await open(t, url, { ...(await asUser(userId)), accept })
    assert.equal(response.statusCode, 200)
    // the pool cannot connect again
    const name = new URL(database.urlOf('owner')).pathname.slice(1)
    await database.owner.query({ text: `REVOKE CONNECT ON DATABASE ${name} FROM order_service` })
    await database.owner.query({
      text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'order_service'`,
    })
    const { isWhole, text } = await readAll(response)
    assert.equal(isWhole, false)
    assert.ok(text.length > 100_000, `${text.length} characters`)
    assert.ok(logLines.some((line) => line.includes('"warn"') && line.includes('export broke off')))
  })
}

test('a client of HTTP/1.0, which has no last chunk, sees a reset connection', async (t) => {
  const { counted, exports } = generatedExports(100)
  const { url } = await start(t, { exports })
  const { authorization } = await asUser(uuidv7())
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  cleanUp(t, () => socket.destroy())
  socket.write(`GET /orders/export HTTP/1.0\r\nAuthorization: ${authorization}\r\n\r\n`)
  await once(socket, 'readable')
  counted.fail = new Error('broken')
  const failure = new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve))
  socket.resume()
  assert.equal((await failure).code, 'ECONNRESET')
})

test('a failure before the first byte is an answer like any other', async (t) => {
  const { counted, exports } = generatedExports(2)
  const { app } = await start(t, { exports })
  counted.fail = new Error('broken')
  const response = await app.inject({ url: '/orders/export', headers: await asUser(uuidv7()) })
  assert.equal(response.statusCode, 500)
  assert.equal(response.json().code, 'internal_error')
})
