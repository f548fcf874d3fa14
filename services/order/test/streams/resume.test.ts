import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { asUser } from '@shop/tests/kit/tokens'
import { until } from '@shop/tests/kit/until'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'
import { listen } from '../exports/exports.ts'
import { epoch, head, publish } from './feed.ts'
import { openReader } from './streams.ts'

let context: TestApp
let url: string
let productId: string

before(async () => {
  context = await createTestApp()
  url = await listen(context)
  productId = await insertProduct(context.database)
})
after(() => context.close())

/** Places orders of a user, between those of somebody else, and gives their events positions. Returns their ids. */
async function placeOrders(userId: string, count: number): Promise<string[]> {
  const other = await insertUser(context.database)
  const ids: string[] = []
  for (let placed = 0; placed < count; placed++) {
    ids.push(await insertOrder(context.database, { userId, productId }))
    await insertOrder(context.database, { userId: other, productId })
  }
  await publish(context.database)
  return ids
}

const idsOf = (events: { data: Record<string, unknown> }[]) => events.map(({ data }) => data.id)

test('without a cursor, a stream begins at the end of the feed', async (t) => {
  const me = await insertUser(context.database)
  await placeOrders(me, 3)
  const last = await head(context.database)
  const reader = await openReader(t, url, { userId: me })
  await until(() => reader.text() !== '')
  assert.equal(reader.lastId(), `${epoch}.${last}`)
  const [id] = await placeOrders(me, 1)
  assert.deepEqual(idsOf(await reader.untilEvents(1)), [id])
})

test('Last-Event-ID and after go on after an event, over more than one page', async (t) => {
  const me = await insertUser(context.database)
  const start = `${epoch}.${await head(context.database)}`
  const ids = await placeOrders(me, 45)
  const all = await (await openReader(t, url, { userId: me, after: start })).untilEvents(45)
  assert.deepEqual(idsOf(all), ids)
  const tenth = all[9]?.id as string
  const byHeader = await openReader(t, url, { userId: me, after: tenth })
  assert.deepEqual(idsOf(await byHeader.untilEvents(35)), ids.slice(10))
})

test('Last-Event-ID, which is newer, takes precedence over after', async () => {
  const me = await insertUser(context.database)
  const start = await head(context.database)
  const ids = await placeOrders(me, 2)
  const stream = `${url}/orders/stream?after=${epoch}.${start}`
  for (const [lastEventId, expected] of [
    [undefined, ids],
    [`${epoch}.${start + 1}`, ids.slice(1)],
  ] as const) {
    const response = await fetch(stream, {
      headers: { ...(await asUser(me)), ...(lastEventId && { 'last-event-id': lastEventId }) },
    })
    let text = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      if (text.includes(ids[1] as string)) break
    }
    assert.deepEqual(
      [...text.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id),
      expected,
    )
  }
})

test('clients that leave at any moment and come back with their cursor get every event once', async (t) => {
  const users = await Promise.all([1, 2, 3].map(() => insertUser(context.database)))
  const start = `${epoch}.${await head(context.database)}`
  const placed = new Map<string, string[]>(users.map((userId) => [userId, []]))
  let isPlacing = true

  async function place() {
    for (let round = 0; round < 100; round++) {
      for (const userId of users)
        placed.get(userId)?.push(await insertOrder(context.database, { userId, productId }))
      await publish(context.database)
      await setTimeout(10)
    }
    isPlacing = false
  }

  /** Reads for a random time, again and again, and returns all events. */
  async function follow(userId: string) {
    const received: string[] = []
    let after = start
    for (let isLast = false; ; ) {
      isLast = !isPlacing
      const reader = await openReader(t, url, { userId, after })
      if (isLast) await reader.untilEvents((placed.get(userId)?.length ?? 0) - received.length)
      else await setTimeout(Math.random() * 150)
      received.push(...(idsOf(reader.events()) as string[]))
      after = reader.lastId() || after
      reader.response.destroy()
      if (isLast) return received
    }
  }

  const [, ...received] = await Promise.all([place(), ...users.map(follow)])
  assert.deepEqual(received, [...placed.values()])
})

test('a cursor that cannot be followed is refused', async () => {
  const position = await head(context.database)
  const { owner } = context.database
  await owner.query({ text: 'UPDATE relay_state SET oldest = 3' })
  const cases: [cursor: string, status: number, code: string][] = [
    [`otherone.${position}`, 409, 'cursor_of_another_epoch'],
    [`${epoch}.${position + 1}`, 409, 'cursor_ahead'],
    [`${epoch}.1`, 410, 'cursor_expired'],
    ['x', 400, 'validation_failed'],
    [`${epoch}.01`, 400, 'validation_failed'],
    [`${epoch}.-1`, 400, 'validation_failed'],
  ]
  const headers = await asUser(uuidv7())
  for (const [cursor, status, code] of cases) {
    for (const request of [
      { url: '/orders/stream', headers: { ...headers, 'last-event-id': cursor } },
      { url: `/orders/stream?after=${cursor}`, headers },
    ]) {
      const response = await context.app.inject(request)
      assert.deepEqual([response.statusCode, response.json().code], [status, code], cursor)
    }
  }
  // the first event that is left is the third
  const reader = await context.app.inject({
    method: 'HEAD',
    url: '/orders/stream',
    headers: { ...headers, 'last-event-id': `${epoch}.2` },
  })
  assert.equal(reader.statusCode, 200)
  await owner.query({ text: 'UPDATE relay_state SET oldest = 1' })
})

test('when the feed becomes another one, streams end, and their cursors are refused', async (t) => {
  const userId = uuidv7()
  const reader = await openReader(t, url, { userId })
  await until(() => reader.lastId() !== '')
  const { owner } = context.database
  await owner.query({ text: `UPDATE relay_state SET epoch = 'restored'` })
  await until(() => reader.isClosed())
  assert.ok(reader.isWhole())
  assert.match(reader.text(), /\n\nretry: \d{4}\n\n$/)
  const again = await openReader(t, url, { userId, after: reader.lastId() })
  assert.equal(again.response.statusCode, 409)
  const without = await openReader(t, url, { userId })
  await until(() => without.lastId().startsWith('restored.'))
  await owner.query({ text: 'UPDATE relay_state SET epoch = $1', values: [epoch] })
})

test('while the relay has not run in this database, streams wait, and none can be opened', async (t) => {
  const me = await insertUser(context.database)
  const reader = await openReader(t, url, { userId: me })
  await until(() => reader.lastId() !== '')
  const { owner } = context.database
  await owner.query({ text: `UPDATE relay_state SET fingerprint = 'another'` })
  const refused = await context.app.inject({ url: '/orders/stream', headers: await asUser(me) })
  assert.deepEqual([refused.statusCode, refused.json().code], [503, 'feed_unavailable'])
  await setTimeout(300)
  const [id] = await placeOrders(me, 1)
  await owner.query({ text: 'UPDATE relay_state SET fingerprint = feed_fingerprint()' })
  assert.deepEqual(idsOf(await reader.untilEvents(1)), [id])
})

test('without the functions of the relay, or the right to execute them, no stream can be opened', async () => {
  const { owner } = context.database
  const headers = await asUser(uuidv7())
  const feedOfUser = 'FUNCTION feed_of_user_after(uuid, bigint, integer)'
  for (const [without, undo] of [
    [`REVOKE EXECUTE ON ${feedOfUser} FROM order_service`, `GRANT EXECUTE ON ${feedOfUser} TO order_service`],
    ['ALTER FUNCTION feed_head() RENAME TO former', 'ALTER FUNCTION former() RENAME TO feed_head'],
  ] as const) {
    await owner.query({ text: without })
    const refused = await context.app.inject({ url: '/orders/stream', headers })
    await owner.query({ text: undo })
    assert.deepEqual([refused.statusCode, refused.json().code], [503, 'feed_unavailable'])
    assert.ok(Number(refused.headers['retry-after']) > 0)
  }
})
