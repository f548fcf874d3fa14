import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import Fastify from 'fastify'
import { placeOrders, shareOf } from '../src/place-orders.ts'

type Seen = { ids: string[]; keys: unknown[]; cancelled: string[]; atOnce: number }

/** Returns a server that accepts orders, and what it has seen. */
async function serve(
  t: TestContext,
  { status = 201, delayMs = 0 }: { status?: number; delayMs?: number } = {},
) {
  const app = Fastify()
  const seen: Seen = { ids: [], keys: [], cancelled: [], atOnce: 0 }
  let inProgress = 0
  app.post<{ Body: { name: string } }>('/orders', async (request, reply) => {
    seen.atOnce = Math.max(seen.atOnce, ++inProgress)
    await setTimeout(delayMs)
    inProgress--
    const id = randomUUID()
    seen.ids.push(id)
    seen.keys.push(request.headers['idempotency-key'])
    return reply.code(status).send({ id, name: `${request.body.name} ü` })
  })
  app.post<{ Params: { id: string } }>('/orders/:id/cancel', async ({ params }) => {
    seen.cancelled.push(params.id)
    return { id: params.id }
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  const place = (scenario: { keys?: boolean; cancels?: boolean; connections: number }) => {
    const headers = { authorization: 'Bearer x', 'content-type': 'application/json' }
    const request = { method: 'POST' as const, path: '/orders', headers, body: '{"name":"x"}' }
    const common = { title: '', users: { from: 1, to: 1 }, method: 'POST' as const, path: () => '/orders' }
    const job = { origin, scenario: 'post' as const, cursors: {}, seconds: 0.3 }
    return placeOrders(job, [request], { ...common, ...scenario })
  }
  return { place, seen }
}

test('every stored order is reported, those at the end as well, each with a key of its own', async (t) => {
  const { place, seen } = await serve(t, { delayMs: 50 })
  const result = await place({ keys: true, connections: 7 })
  assert.deepEqual(result.orderIds.toSorted(), seen.ids.toSorted())
  assert.equal(seen.atOnce, 7)
  assert.equal(new Set(seen.keys).size, seen.ids.length)
  assert.deepEqual(result.problems, [])
  assert.equal(result.requests, seen.ids.length)
  assert.ok(result.latency && result.latency.p50 > 0)
})

test('an order is cancelled by the next request', async (t) => {
  const { place, seen } = await serve(t)
  const result = await place({ cancels: true, connections: 2 })
  assert.deepEqual(seen.cancelled.toSorted(), seen.ids.toSorted())
  assert.equal(result.requests, 2 * seen.ids.length)
  assert.ok(seen.keys.every((key) => key === undefined))
})

test('refused orders are problems, not orders', async (t) => {
  const { place, seen } = await serve(t, { status: 503, delayMs: 100 })
  const result = await place({ connections: 1 })
  assert.deepEqual(result.problems, [`${seen.ids.length} × status 503`])
  assert.equal(result.requests, 0)
  assert.deepEqual(result.orderIds, [])
})

test('connections share no request where there are enough', () => {
  const all = [1, 2, 3, 4, 5]
  assert.deepEqual(shareOf(all, { number: 1, of: 2 }), [2, 4])
  assert.deepEqual(shareOf(all, { number: 6, of: 8 }), [2, 3, 4, 5, 1])
})
