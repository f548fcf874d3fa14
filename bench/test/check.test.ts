import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { createChecker } from '../src/check.ts'
import { newestFirst, orderId, shownOf, users, uuid } from '../src/data-set.ts'

type Row = { id: string; userId: string; totalAmount: number }
type Answer = { data: Row[]; meta: { count: number; nextCursor: string | null } }

const tokens = Array.from({ length: users.typical.to }, (_, index) => String(index + 1))

/** Returns a checker of a service that answers correctly except for the changes that `spoil` makes. */
async function checkerOf(t: TestContext, spoil: (answer: Answer) => void = () => {}) {
  const app = Fastify()
  app.get<{ Querystring: { limit: number; offset?: number; cursor?: string } }>(
    '/orders',
    async (request) => {
      const { limit, offset = 0, cursor } = request.query
      const user = Number(request.headers.authorization?.split(' ')[1])
      const orders = newestFirst(user)
      const start = Number(cursor ?? offset)
      const end = start + Number(limit)
      const data = orders
        .slice(start, end)
        .map((order) => ({ id: orderId(user, order), userId: uuid(user), ...shownOf(user, order) }))
      const answer: Answer = {
        data,
        meta: { count: orders.length, nextCursor: end < orders.length ? String(end) : null },
      }
      spoil(answer)
      return answer
    },
  )
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const checker = createChecker(origin, tokens)
  t.after(async () => {
    await checker.close()
    await app.close()
  })
  return checker
}

test('correct answers pass', async (t) => {
  const checker = await checkerOf(t)
  await checker.checkCursors(2)
  assert.ok((await checker.checkPages(AbortSignal.timeout(50))) > 0)
})

const faults: Record<string, { spoil: (answer: Answer) => void; complaint: RegExp }> = {
  "another user's row": {
    spoil: ({ data }) => Object.assign(data[0] ?? {}, { userId: uuid(users.heavy.from) }),
    complaint: /an order of user 00000000-0000-7000-8000-000000002711/,
  },
  'a wrong order of the rows': { spoil: ({ data }) => data.reverse(), complaint: /row 0 is order/ },
  'a row twice': {
    spoil: ({ data }) => data.splice(1, 1, { ...(data[0] as Row) }),
    complaint: /row 1 is order/,
  },
  'a row too many': {
    spoil: ({ data }) => data.push({ ...(data[0] as Row) }),
    complaint: /8 rows instead of 7/,
  },
  'a missing row': { spoil: ({ data }) => data.pop(), complaint: /row 6 is order undefined/ },
  'a wrong total': {
    spoil: ({ data }) => Object.assign(data[1] ?? {}, { totalAmount: 1 }),
    complaint: /row 1 has totalAmount 1 instead of \d+/,
  },
  'a wrong count': { spoil: ({ meta }) => meta.count--, complaint: /count \d+ instead of \d+/ },
  'an end too early': {
    spoil: ({ meta }) => Object.assign(meta, { nextCursor: null }),
    complaint: /nextCursor is null/,
  },
}

for (const [fault, { spoil, complaint }] of Object.entries(faults)) {
  test(`${fault} is noticed`, async (t) => {
    const checker = await checkerOf(t, spoil)
    await assert.rejects(checker.checkCursors(1), { message: complaint })
  })
}
