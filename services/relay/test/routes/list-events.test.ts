import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, type TestApp } from '../app.ts'
import { change, place } from '../orders.ts'

type Event = { id: string; type: string; subject: string; sequence: string; data: { version: number } }
type Page = { data: Event[]; meta: { next: string; head: string; count: number } }

let context: TestApp
let admin: { authorization: string }

before(async () => {
  context = await createTestApp()
  admin = await asUser(uuidv7(), 'admin')
})
after(() => context.close())

beforeEach(async () => {
  await context.database.owner.query({ text: 'TRUNCATE orders CASCADE' })
  await context.database.owner.query({ text: 'TRUNCATE order_events_pending, feed' })
  await context.database.owner.query({ text: 'UPDATE relay_state SET oldest = 1' })
})

const ask = (query = '', headers: Record<string, string> = admin) =>
  context.app.inject({ url: `/admin/events${query}`, headers })

async function read(query = ''): Promise<Page> {
  const response = await ask(query)
  assert.equal(response.statusCode, 200, response.body)
  return response.json()
}

const positions = ({ data }: Page) => data.map(({ sequence }) => Number(sequence))

async function placeMany(count: number): Promise<string[]> {
  const orders: string[] = []
  for (let n = 0; n < count; n++) orders.push(await place(context.database.owner, context.shop))
  await context.move()
  return orders
}

test('the feed can be followed from its start, page by page', async () => {
  const orders = await placeMany(5)
  const first = await read('?limit=2')
  const second = await read(`?limit=2&after=${first.meta.next}`)
  const third = await read(`?limit=2&after=${second.meta.next}`)
  const fourth = await read(`?limit=2&after=${third.meta.next}`)
  assert.deepEqual(
    [first, second, third, fourth].map(({ data }) => data.map(({ subject }) => subject)),
    [orders.slice(0, 2), orders.slice(2, 4), orders.slice(4), []],
  )
  assert.deepEqual(
    [first, second, third, fourth].map(({ meta }) => meta.count),
    [2, 2, 1, 0],
  )
  assert.equal(third.meta.next, third.meta.head)
  assert.equal(fourth.meta.next, third.meta.next)
  assert.deepEqual([...positions(first), ...positions(second), ...positions(third)], [1, 2, 3, 4, 5])
})

test('100 events come when no limit is given', async () => {
  await placeMany(101)
  assert.equal((await read()).meta.count, 100)
  assert.equal((await read('?limit=1000')).meta.count, 101)
})

test('after=latest begins with the next event', async () => {
  await placeMany(2)
  const { data, meta } = await read('?after=latest')
  assert.deepEqual([data, meta.next], [[], meta.head])
  const [order] = await placeMany(1)
  const page = await read(`?after=${meta.next}`)
  assert.deepEqual(
    page.data.map(({ subject }) => subject),
    [order],
  )
})

test('with types only those come, and next says how far the feed was searched', async () => {
  const [first, second] = await placeMany(2)
  for (const order of [first, second] as string[]) await change(context.database.owner, order, 'pay')
  for (const order of [first, second] as string[]) await change(context.database.owner, order, 'note')
  await context.move()
  const paid = await read('?types=paid')
  assert.deepEqual(positions(paid), [3, 4])
  assert.equal(paid.meta.next, paid.meta.head)
  const one = await read('?types=paid&limit=1')
  assert.match(one.meta.next, /\.3$/)
  assert.deepEqual(positions(await read(`?types=paid,noted&after=${one.meta.next}`)), [4, 5, 6])
  const none = await read('?types=delivered,refunded')
  assert.deepEqual([none.data, none.meta.next], [[], none.meta.head])
})

test('one request searches 10,000 events for those of a type', async () => {
  await context.database.owner.query({
    text: `INSERT INTO feed SELECT n, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'placed', now(), now()
           FROM generate_series(1, 10001) AS n`,
  })
  await context.database.owner.query({
    text: `INSERT INTO feed VALUES (10002, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 2, 'paid', now(), now())`,
  })
  const first = await read('?types=paid&wait=30')
  assert.deepEqual(first.data, [])
  assert.match(first.meta.next, /\.10000$/)
  assert.deepEqual(positions(await read(`?types=paid&after=${first.meta.next}`)), [10_002])
})

test('a page of large events ends early, and the next one goes on after it', async () => {
  const items = Array.from({ length: 100 }, () => ({
    productName: 'n'.repeat(200),
    quantity: 1,
    unitAmount: 1,
  }))
  for (let n = 0; n < 70; n++) await place(context.database.owner, context.shop, { items })
  await context.move()
  const seen: number[] = []
  let after = ''
  let pages = 0
  for (; seen.length < 70; pages++) {
    const response = await ask(`?limit=1000${after}`)
    assert.ok(response.body.length < 2.2 * 1024 * 1024, `${response.body.length}`)
    seen.push(...positions(response.json()))
    after = `&after=${response.json().meta.next}`
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 70 }, (_, index) => index + 1),
  )
  assert.ok(pages > 1)
})

test('with wait an answer comes when there is an event', async () => {
  const { meta } = await read('?after=latest')
  const waits = context.waits()
  const waiting = read(`?after=${meta.next}&wait=30`)
  await context.untilWaits(waits + 1)
  const [order] = await placeMany(1)
  assert.deepEqual(
    (await waiting).data.map(({ subject }) => subject),
    [order],
  )
})

test('with wait, events of other types are passed until there is one that was asked for', async () => {
  const waits = context.waits()
  const waiting = read(`?after=latest&types=paid&wait=30`)
  await context.untilWaits(waits + 1)
  const [order] = await placeMany(1)
  await context.untilWaits(waits + 2)
  await change(context.database.owner, order as string, 'pay')
  await context.move()
  assert.deepEqual(positions(await waiting), [2])
})

test('with wait, an answer without events comes in the end', async () => {
  const { data, meta } = await read('?after=latest&wait=1')
  assert.deepEqual([data, meta.count], [[], 0])
})

test('a cursor of another epoch is told apart, also while it is waited', async () => {
  await placeMany(1)
  const { meta } = await read('?after=latest')
  const waits = context.waits()
  const waiting = ask(`?after=${meta.next}&wait=30`)
  await context.untilWaits(waits + 1)
  await context.database.owner.query({ text: `UPDATE relay_state SET epoch = '0123abcd'` })
  await placeMany(1)
  for (const response of [await waiting, await ask(`?after=${meta.next}`)]) {
    assert.equal(response.statusCode, 409)
    const { code, first, latest } = response.json()
    assert.deepEqual([code, first, latest], ['cursor_of_another_epoch', '0123abcd.0', '0123abcd.2'])
  }
  assert.equal((await read('?after=0123abcd.1')).meta.count, 1)
})

test('a cursor ahead of the feed is refused', async () => {
  await placeMany(1)
  const { meta } = await read('?after=latest')
  const [epoch] = meta.next.split('.')
  const response = await ask(`?after=${epoch}.2`)
  assert.deepEqual([response.statusCode, response.json().code], [409, 'cursor_ahead'])
})

test('a cursor whose next events are gone is refused, with the first that is left', async () => {
  await placeMany(4)
  await context.database.owner.query({ text: 'DELETE FROM feed WHERE position <= 2' })
  await context.database.owner.query({ text: 'UPDATE relay_state SET oldest = 3' })
  const { meta, ...page } = await read()
  assert.deepEqual(positions({ meta, ...page }), [3, 4])
  const [epoch] = meta.next.split('.')
  const response = await ask(`?after=${epoch}.1`)
  const { code, first } = response.json()
  assert.deepEqual([response.statusCode, code, first], [410, 'cursor_expired', `${epoch}.2`])
  assert.deepEqual(positions(await read(`?after=${first}`)), [3, 4])
})

test('before the relay has run in this database, the feed is unavailable', async () => {
  await context.database.owner.query({ text: `UPDATE relay_state SET fingerprint = 'another'` })
  for (const query of ['', '?after=latest', '?after=0123abcd.1']) {
    const response = await ask(query)
    assert.deepEqual([response.statusCode, response.json().code], [503, 'feed_unavailable'])
    assert.equal(response.headers['retry-after'], '1')
  }
  await context.database.owner.query({ text: 'UPDATE relay_state SET fingerprint = feed_fingerprint()' })
})

test('only admins may read the feed', async () => {
  assert.equal((await ask('', {})).statusCode, 401)
  const response = await ask('', await asUser(uuidv7()))
  assert.deepEqual([response.statusCode, response.json().code], [403, 'role_required'])
})

for (const query of [
  '?limit=0',
  '?limit=1001',
  '?wait=31',
  '?wait=-1',
  '?after=',
  '?after=1',
  '?after=0123abcd.01',
  '?after=0123ABCD.1',
  '?after=latest.1',
  '?types=',
  '?types=unknown',
  '?types=paid,',
  '?cursor=x',
])
  test(`${query} is refused`, async () => {
    const response = await ask(query)
    assert.deepEqual([response.statusCode, response.json().code], [400, 'validation_failed'])
  })

test('whoever is one too many to wait is answered immediately', async (t) => {
  const small = await createTestApp({ maxWaiting: 1 })
  t.after(() => small.close())
  const url = '/admin/events?after=latest&wait=30'
  const waiting = small.app.inject({ url, headers: admin })
  await small.untilWaits(1)
  const second = await small.app.inject({ url, headers: admin })
  assert.deepEqual(second.json().data, [])
  // a drain ends all waiting
  small.app.lifecycle.draining = true
  const response = await waiting
  assert.deepEqual([response.statusCode, response.headers.connection], [200, 'close'])
})

test('who waits is told when the database fails', async (t) => {
  const broken = await createTestApp()
  t.after(() => broken.close())
  const waiting = broken.app.inject({ url: '/admin/events?after=latest&wait=30', headers: admin })
  await broken.untilWaits(1)
  await broken.database.owner.query({ text: 'DELETE FROM relay_state' })
  const response = await waiting
  assert.deepEqual([response.statusCode, response.json().code], [503, 'feed_unavailable'])
})
