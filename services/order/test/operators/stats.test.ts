import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createStatsRepository, type Stats } from '../../src/db/stats-repository.ts'
import { createTestApp, insertOrder, insertProduct, insertUser, type TestApp } from '../app.ts'
import { act, placeOrder, total } from '../changes.ts'

let context: TestApp
let operator: { authorization: string }
let owner: string

before(async () => {
  context = await createTestApp()
  operator = await asUser(uuidv7(), 'admin')
  owner = await insertUser(context.database)
})
after(() => context.close())

const ask = (query: Record<string, string>) =>
  context.app.inject({ url: `/admin/stats?${new URLSearchParams(query)}`, headers: operator })

const utc = (from: string, to: string) => ({ from, to, tz: 'UTC' })

/** Returns the currencies of each day that has any, computed anew. */
async function currenciesByDay(range: { from: string; to: string; tz: string }) {
  const { days } = await createStatsRepository(context.database.db).findStats(range)
  return Object.fromEntries(
    days.filter(({ currencies }) => currencies.length > 0).map(({ date, currencies }) => [date, currencies]),
  )
}

const none = { count: 0, amount: 0 }

/** Moves the events of an order to these times, as if it had all happened then. */
async function setTimes(orderId: string, times: string[]) {
  await context.database.owner.transaction(async (tx) => {
    await tx.query({ text: 'SET LOCAL session_replication_role = replica' })
    for (const [index, at] of times.entries())
      await tx.query({
        text: 'UPDATE order_events SET at = $3 WHERE order_id = $1 AND version = $2',
        values: [orderId, index + 1, at],
      })
    await tx.query({ text: 'UPDATE orders SET created_at = $2 WHERE id = $1', values: [orderId, times[0]] })
  })
}

test('orders count on the day they were placed, and money on the day it moved', async () => {
  const { id } = await placeOrder(context, owner)
  await act(context, { orderId: id, verb: 'pay' })
  await act(context, { orderId: id, verb: 'note' })
  for (const amount of [1000, 500, 250])
    await act(context, { orderId: id, verb: 'refund', body: { amount, reason: 'Broken' } })
  await setTimes(id, [
    '2025-01-01T23:59:59.999999Z',
    '2025-01-02T00:00:00Z',
    '2025-01-03T12:00:00Z',
    '2025-01-04T00:00:00Z',
    '2025-01-04T23:59:59Z',
    '2025-01-05T00:00:00Z',
  ])
  const days = await currenciesByDay(utc('2025-01-01', '2025-01-31'))
  assert.deepEqual(days, {
    '2025-01-01': [{ currency: 'EUR', placed: { count: 1, amount: total }, paid: none, refunded: none }],
    '2025-01-02': [{ currency: 'EUR', placed: none, paid: { count: 1, amount: total }, refunded: none }],
    '2025-01-04': [{ currency: 'EUR', placed: none, paid: none, refunded: { count: 2, amount: 1500 } }],
    '2025-01-05': [{ currency: 'EUR', placed: none, paid: none, refunded: { count: 1, amount: 250 } }],
  })
})

test('a payment after a cancellation counts as paid, and its refund as refunded', async () => {
  const { id } = await placeOrder(context, owner)
  for (const verb of ['cancel', 'pay', 'refund'] as const) await act(context, { orderId: id, verb })
  await setTimes(
    id,
    [1, 2, 3, 4].map((day) => `2025-02-0${day}T12:00:00Z`),
  )
  assert.deepEqual(await currenciesByDay(utc('2025-02-01', '2025-02-28')), {
    '2025-02-01': [{ currency: 'EUR', placed: { count: 1, amount: total }, paid: none, refunded: none }],
    '2025-02-03': [{ currency: 'EUR', placed: none, paid: { count: 1, amount: total }, refunded: none }],
    '2025-02-04': [{ currency: 'EUR', placed: none, paid: none, refunded: { count: 1, amount: total } }],
  })
})

test('currencies are counted by themselves, in the order of their codes', async () => {
  const productId = await insertProduct(context.database)
  const createdAt = '2025-03-01T12:00:00Z'
  for (const currency of ['USD', 'EUR', 'JPY', 'USD']) {
    const id = await insertOrder(context.database, { userId: owner, productId, createdAt })
    await context.database.owner.transaction(async (tx) => {
      await tx.query({ text: 'SET LOCAL session_replication_role = replica' })
      await tx.query({ text: 'UPDATE orders SET currency = $2 WHERE id = $1', values: [id, currency] })
    })
  }
  const { '2025-03-01': currencies } = await currenciesByDay(utc('2025-03-01', '2025-03-01'))
  assert.deepEqual(
    currencies?.map(({ currency, placed }) => [currency, placed.count, placed.amount]),
    [
      ['EUR', 1, 1250],
      ['JPY', 1, 1250],
      ['USD', 2, 2500],
    ],
  )
})

for (const { tz, from, to } of [
  { tz: 'Europe/Berlin', from: '2024-03-30', to: '2024-04-01' },
  { tz: 'Europe/Berlin', from: '2024-10-26', to: '2024-10-28' },
  { tz: 'America/Sao_Paulo', from: '2018-11-03', to: '2018-11-05' },
  { tz: 'Africa/Cairo', from: '2024-04-25', to: '2024-04-27' },
  { tz: 'Australia/Lord_Howe', from: '2024-04-06', to: '2024-04-08' },
  { tz: 'Pacific/Apia', from: '2011-12-28', to: '2011-12-31' },
]) {
  test(`in ${tz} from ${from} the days are those of PostgreSQL`, async () => {
    const productId = await insertProduct(context.database)
    await context.database.owner.query({
      text: `INSERT INTO orders (user_id, product_id, product_name, quantity, unit_amount, currency, created_at, updated_at)
             SELECT $1, $2, 'Thing', 1, 1, 'EUR', at, at
             FROM generate_series($3::timestamptz - interval '1 day', $4::timestamptz + interval '2 days', '13 minutes') AS at`,
      values: [owner, productId, from, to],
    })
    const expected = await context.database.owner.query<{ date: string; count: number }>({
      text: `SELECT (created_at AT TIME ZONE $2)::date::text AS date, count(*)::int AS count FROM orders
             WHERE product_id = $1 AND (created_at AT TIME ZONE $2)::date BETWEEN $3 AND $4 GROUP BY 1 ORDER BY 1`,
      values: [productId, tz, from, to],
    })
    const days = Object.entries(await currenciesByDay({ from, to, tz }))
    assert.ok(expected.length >= 3)
    assert.deepEqual(
      days.map(([date, currencies]) => ({ date, count: currencies[0]?.placed.count })),
      expected,
    )
  })
}

test('GET /admin/stats answers every day of the range with its limits, in the time zone', async () => {
  const response = await ask({ from: '2030-03-30', to: '2030-04-01', tz: 'Europe/Berlin' })
  assert.equal(response.statusCode, 200, response.body)
  const { data, meta } = response.json()
  assert.deepEqual(data, [
    {
      date: '2030-03-30',
      startsAt: '2030-03-29T23:00:00.000Z',
      endsAt: '2030-03-30T23:00:00.000Z',
      currencies: [],
    },
    {
      date: '2030-03-31',
      startsAt: '2030-03-30T23:00:00.000Z',
      endsAt: '2030-03-31T22:00:00.000Z',
      currencies: [],
    },
    {
      date: '2030-04-01',
      startsAt: '2030-03-31T22:00:00.000Z',
      endsAt: '2030-04-01T22:00:00.000Z',
      currencies: [],
    },
  ])
  const { computedAt, ...rest } = meta
  assert.deepEqual(rest, { from: '2030-03-30', to: '2030-04-01', tz: 'Europe/Berlin' })
  assert.ok(Math.abs(Date.now() - Date.parse(computedAt)) < 60_000)
  const inUtc = (await ask({ from: '2030-03-31', to: '2030-03-31' })).json()
  assert.deepEqual([inUtc.meta.tz, inUtc.data[0].startsAt], ['UTC', '2030-03-31T00:00:00.000Z'])
})

test('92 days are allowed, and 93 are not', async () => {
  const allowed = await ask({ from: '2030-01-01', to: '2030-04-02', tz: 'Europe/Berlin' })
  assert.equal(allowed.json().data.length, 92)
  const refused = await ask({ from: '2030-01-01', to: '2030-04-03', tz: 'Europe/Berlin' })
  assert.equal(refused.statusCode, 400)
  assert.deepEqual(refused.json().errors, [
    { parameter: 'to', detail: 'must be within 92 days, both included' },
  ])
})

for (const [query, parameter] of [
  [{ to: '2026-03-01' }, 'from'],
  [{ from: '2026-03-01' }, 'to'],
  [{ from: '2026-02-29', to: '2026-03-01' }, 'from'],
  [{ from: '2026-03-01', to: '2026-3-2' }, 'to'],
  [{ from: '2026-03-02', to: '2026-03-01' }, 'to'],
  [{ from: '1969-12-31', to: '1970-01-01' }, 'from'],
  [{ from: '2999-12-31', to: '3000-01-01' }, 'to'],
  [{ from: '2026-03-01T00:00:00Z', to: '2026-03-02' }, 'from'],
  [{ from: '2026-03-01', to: '2026-03-02', tz: 'Mars/Olympus' }, 'tz'],
  [{ from: '2026-03-01', to: '2026-03-02', tz: '+01:00' }, 'tz'],
  [{ from: '2026-03-01', to: '2026-03-02', tz: '' }, 'tz'],
  [{ from: '2026-03-01', to: '2026-03-02', currency: 'EUR' }, 'currency'],
] as [Record<string, string>, string][]) {
  test(`?${new URLSearchParams(query)} is a 400 that names ${parameter}`, async () => {
    const response = await ask(query)
    assert.equal(response.statusCode, 400)
    const { errors } = response.json()
    assert.ok(errors.length > 0)
    for (const error of errors) assert.equal(error.parameter, parameter)
  })
}

/** Returns statistics on a clock of their own, and the statements that they have sent. */
function watchedStats() {
  const clock = { now: 0 }
  const sent: string[] = []
  let failure: Error | undefined
  const stats = createStatsRepository(
    {
      async queryTexts(statement) {
        sent.push(statement.name)
        if (failure) throw failure
        return context.database.db.queryTexts(statement)
      },
    },
    { now: () => clock.now },
  )
  const find = (tz = 'UTC'): Promise<Stats> => stats.findStats({ from: '2025-01-01', to: '2025-01-02', tz })
  const fail = (error: Error | undefined) => {
    failure = error
  }
  return { find, clock, sent, fail }
}

test('an answer is kept for a minute, for its days and time zone', async () => {
  const { find, clock, sent } = watchedStats()
  const answers = await Promise.all([find(), find(), find()])
  assert.equal(sent.length, 1)
  clock.now = 59_999
  assert.equal(await find(), answers[0])
  await find('Europe/Berlin')
  assert.equal(sent.length, 2)
  clock.now = 60_000
  assert.notEqual(await find(), answers[0])
  assert.equal(sent.length, 3)
})

test('a failure is not kept', async () => {
  const { find, fail, sent } = watchedStats()
  fail(new Error('unavailable'))
  await assert.rejects(find(), /unavailable/)
  fail(undefined)
  assert.equal((await find()).days.length, 2)
  assert.equal(sent.length, 2)
})
