import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { createLogger } from '@shop/service/logger'
import type { ErasedSlice, Sweep } from '../../src/db/erasure-repository.ts'
import { startErasingClosedOrders } from '../../src/erase-closed-orders.ts'
import { createTestApp, insertOrder, insertProduct, insertUser } from '../app.ts'

const log = createLogger({ name: 'test', level: 'silent' })

const last: ErasedSlice = { erased: 0, waiting: 0, next: undefined }

/** Returns a repository in which these users are due, and whose slices are as given, or the last ones. */
function fakeErasures({
  due,
  slices = {},
}: {
  due: string[]
  slices?: Record<string, (ErasedSlice | Error)[]>
}) {
  const calls: string[] = []
  return {
    calls,
    async claimDue() {
      const userId = due.shift()
      return userId === undefined ? undefined : { userId, requestedAt: 'then' }
    },
    async eraseSlice(userId: string, { position }: { position: { id: string } | undefined }) {
      calls.push(`${userId} from ${position?.id ?? 'the start'}`)
      const slice = slices[userId]?.shift() ?? last
      if (slice instanceof Error) throw slice
      return slice
    },
    async complete({ userId }: Sweep) {
      calls.push(`${userId} is complete`)
    },
  }
}

async function until(isTrue: () => boolean | Promise<boolean>) {
  for (let waited = 0; !(await isTrue()); waited++) {
    assert.ok(waited < 1000)
    await setTimeout(5)
  }
}

test('all requests that are due are carried out, slice by slice', async (t) => {
  const next = { createdAt: 'then', id: 'x' }
  const erasures = fakeErasures({ due: ['a', 'b'], slices: { a: [{ ...last, next }] } })
  t.after(startErasingClosedOrders(erasures, { everyMs: 5, log }))
  await until(() => erasures.calls.length === 5)
  assert.deepEqual(erasures.calls, [
    'a from the start',
    'a from x',
    'a is complete',
    'b from the start',
    'b is complete',
  ])
})

test('a request is not complete while an order of any slice is open', async (t) => {
  const next = { createdAt: 'then', id: 'x' }
  const erasures = fakeErasures({ due: ['a', 'b'], slices: { a: [{ ...last, waiting: 1, next }] } })
  t.after(startErasingClosedOrders(erasures, { everyMs: 5, log }))
  await until(() => erasures.calls.includes('b is complete'))
  assert.ok(!erasures.calls.includes('a is complete'))
})

test('a failure leaves the other requests to the next round', async (t) => {
  const erasures = fakeErasures({ due: ['a', 'b'], slices: { a: [new Error('the database is away')] } })
  t.after(startErasingClosedOrders(erasures, { everyMs: 5, log }))
  await until(() => erasures.calls.includes('b is complete'))
  assert.ok(!erasures.calls.includes('a is complete'))
})

test('it stops between two slices', async () => {
  const endless = { ...last, next: { createdAt: 'then', id: 'x' } }
  const erasures = fakeErasures({ due: ['a'], slices: { a: Array(100_000).fill(endless) } })
  const eraseSlice: typeof erasures.eraseSlice = async (...slice) => {
    await setTimeout(1)
    return erasures.eraseSlice(...slice)
  }
  const stop = startErasingClosedOrders({ ...erasures, eraseSlice }, { everyMs: 5, log })
  await until(() => erasures.calls.length > 2)
  stop()
  const { length } = erasures.calls
  await setTimeout(50)
  assert.ok(erasures.calls.length <= length + 1, 'one may have been in progress')
})

test('several replicas erase the orders that have closed since, each order once', async (t) => {
  const context = await createTestApp()
  const { owner } = context.database
  const productId = await insertProduct(context.database)
  const users = await Promise.all(Array.from({ length: 5 }, () => insertUser(context.database)))
  for (const userId of users) {
    await insertOrder(context.database, { userId, productId, status: 'shipped' })
    await context.erasures.request(userId, { id: userId, role: 'admin' })
  }
  const allAreComplete = async () => {
    const erasures = await Promise.all(users.map((userId) => context.erasures.findErasure(userId)))
    return erasures.every(({ completedAt }) => completedAt !== null)
  }
  const stops = [1, 2, 3].map(() => startErasingClosedOrders(context.erasures, { everyMs: 5, log }))
  t.after(async () => {
    for (const stop of stops) stop()
    await setTimeout(50)
    await context.close()
  })
  // an hour has passed, and the orders are still open
  const makeAllDue = () => owner.query({ text: 'UPDATE erasures SET due_at = now()' })
  await makeAllDue()
  await until(async () => {
    const [row] = await owner.query<{ due: string }>({
      text: 'SELECT count(*) AS due FROM erasures WHERE due_at <= now()',
    })
    return row?.due === '0'
  })
  assert.equal(await allAreComplete(), false)

  await owner.query({
    text: `WITH changed AS (
             UPDATE orders SET status = 'delivered', metadata = '{"a": "b"}', version = version + 1,
               updated_at = clock_timestamp()
             RETURNING *
           )
           INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at)
           SELECT gen_random_uuid(), user_id, id, version, 'delivered', status, '{}', updated_at FROM changed`,
  })
  await makeAllDue()
  await until(allAreComplete)
  const erased = await owner.query<{ user_id: string }>({
    text: `SELECT user_id FROM order_events WHERE type = 'erased' ORDER BY user_id`,
  })
  assert.deepEqual(
    erased.map(({ user_id }) => user_id),
    users.toSorted(),
  )
})
