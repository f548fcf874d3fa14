import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConnection } from '../src/connection.ts'
import { ShopError } from '../src/errors.ts'
import { type FollowOptions, followOrders, type LiveUpdate } from '../src/live.ts'
import { problem, type Scripted, startScript } from './answers.ts'

/** A stream that sends this and ends, or stays open. */
const stream = (text: string, { open = false } = {}): Scripted => ({
  serve(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(text)
    if (!open) response.end()
  },
})

const order = (version: number) => `event: paid\nid: e.${version}\ndata: {"id":"o1","version":${version}}\n\n`

/** Follows until `count` updates have come, and returns them in short. */
async function follow(baseUrl: string, count: number, options: FollowOptions = {}) {
  const updates: unknown[] = []
  const connection = createConnection({ baseUrl, token: 't1' })
  for await (const update of followOrders(connection, options)) {
    updates.push(short(update))
    if (updates.length === count) break
  }
  return updates
}

const short = (update: LiveUpdate) =>
  update.type === 'reload' ? 'reload' : [update.event, update.order.version, update.cursor]

test('a page is told to load its orders, then what happens to them, across reconnects', async (t) => {
  const { baseUrl, sent } = await startScript(
    t,
    stream(`retry: 1\nid: e.1\n\n${order(2)}: heartbeat\nid: e.3\n\n`),
    'cut',
    problem(503, 'streams_busy'),
    stream(`retry: 1\nid: e.3\n\n${order(4)}`, { open: true }),
  )
  assert.deepEqual(await follow(baseUrl, 3), ['reload', ['paid', 2, 'e.2'], ['paid', 4, 'e.4']])
  assert.deepEqual(
    sent.map(({ url, headers }) => [url, headers['last-event-id'], headers.authorization]),
    [undefined, 'e.3', 'e.3', 'e.3'].map((id) => ['/orders/stream', id, 'Bearer t1']),
  )
})

test('a stream that goes on after a cursor needs no loading, until the cursor leads nowhere', async (t) => {
  for (const lost of [problem(409, 'cursor_ahead'), problem(410, 'cursor_expired')]) {
    const { baseUrl, sent } = await startScript(
      t,
      stream(`retry: 1\n\n${order(2)}`),
      lost,
      stream(order(9), { open: true }),
    )
    const updates = await follow(baseUrl, 3, { after: 'e.1' })
    assert.deepEqual(updates, [['paid', 2, 'e.2'], 'reload', ['paid', 9, 'e.9']])
    assert.deepEqual(
      sent.map(({ headers }) => headers['last-event-id']),
      ['e.1', 'e.2', undefined],
    )
  }
})

test('an answer that waiting does not change is thrown', async (t) => {
  const { baseUrl } = await startScript(t, problem(401, 'token_missing'))
  await assert.rejects(
    follow(baseUrl, 1),
    (error) => error instanceof ShopError && error.code === 'token_missing' && error.status === 401,
  )
})

test('a stream that is no JSON is thrown, instead of being read again and again', async (t) => {
  const { baseUrl, sent } = await startScript(t, stream('id: e.1\ndata: {"id\n\n'))
  await assert.rejects(follow(baseUrl, 2), SyntaxError)
  assert.equal(sent.length, 1)
})

test('a signal ends the iteration: while a stream is open, and while it waits for the next one', async (t) => {
  for (const script of [stream('id: e.1\n\n', { open: true }), stream('retry: 60000\nid: e.1\n\n')]) {
    const { baseUrl, sent } = await startScript(t, script)
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 200)
    assert.deepEqual(await follow(baseUrl, 9, { signal: controller.signal }), ['reload'])
    assert.equal(sent.length, 1)
  }
  assert.deepEqual(await follow('http://127.0.0.1:1', 9, { signal: AbortSignal.abort() }), [])
})

test('leaving the loop closes the stream', async (t) => {
  // before anything was read from it, and after
  for (const count of [1, 2]) {
    const closed = Promise.withResolvers<void>()
    const { baseUrl } = await startScript(t, {
      serve(response) {
        response.on('close', closed.resolve)
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(order(2))
      },
    })
    assert.deepEqual(await follow(baseUrl, count), ['reload', ['paid', 2, 'e.2']].slice(0, count))
    await closed.promise
  }
})
