import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { until } from '../kit/until.ts'
import { type Span, serverKind } from './collector.ts'
import { newTrace, startTracedShop, withoutSdk } from './traced-shop.ts'

const options = { skip: withoutSdk }
let shop: Awaited<ReturnType<typeof startTracedShop>>
let me: Record<string, string>
let operator: Record<string, string>

const ends: (() => unknown)[] = []
after(async () => {
  for (const end of ends) await end()
})

before(async () => {
  if (withoutSdk) return
  shop = await startTracedShop({ after: (work) => ends.push(work) })
  me = await shop.newUser()
  operator = await shop.newUser('admin')
  // opens connections and loads the key set, so that no test sees that
  await place(me)
})

const place = (headers: Record<string, string>) =>
  shop.call('/orders', { ...me, ...headers }, { productId: shop.productId })

const nameOfQuery = ({ name }: Span) => name.split(' ')[0]

/** Returns the log line of the request that placed an order in this trace. */
const logLine = (service: 'order' | 'product', traceId: string) => {
  const line = shop[service]
    .output()
    .split('\n')
    .find((text) => text.includes(traceId) && text.includes('"msg":"request"'))
  return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>)
}

test(
  'one trace goes from the gateway to the order service, the product service and both their statements',
  options,
  async () => {
    const { traceId, spanId, headers } = newTrace()
    assert.equal((await place(headers)).status, 201)
    const root = await shop.span({ traceId, service: 'gateway', kind: serverKind })
    assert.equal(root.parentSpanId, spanId)

    const statements = () => shop.find({ traceId }).filter(({ name }) => name.startsWith('pg.query:'))
    await until(() => statements().length >= 2)
    const paths = statements().map((span) => [...shop.pathTo(span).slice(0, -1), nameOfQuery(span)])
    assert.deepEqual(
      paths.sort((one, other) => other.length - one.length),
      [
        [
          'gateway: POST /orders',
          'gateway: POST',
          'order: POST /orders',
          'order: look up products',
          'order: GET',
          'product: GET /products/prices',
          'pg.query:select-prices',
        ],
        [
          'gateway: POST /orders',
          'gateway: POST',
          'order: POST /orders',
          'order: store orders',
          'pg.query:insert-orders',
        ],
      ],
    )
  },
)

test('the lines of a request in the logs have its trace and the span of their service', options, async () => {
  const { traceId, headers } = newTrace()
  await place(headers)
  for (const service of ['order', 'product'] as const) {
    const { spanId } = await shop.span({ traceId, service, kind: serverKind })
    await until(() => logLine(service, traceId) !== undefined)
    assert.equal(logLine(service, traceId)?.span_id, spanId)
  }
})

test('an event names the span that caused it, of placing and of a change', options, async () => {
  const traces = [newTrace(), newTrace()] as const
  const { body: order } = await place(traces[0].headers)
  const paid = await shop.call(
    `/admin/orders/${order.id}/pay`,
    { ...operator, ...traces[1].headers },
    {
      reference: 'p-1',
    },
  )
  assert.equal(paid.status, 200)
  const events = async () => {
    const { body } = await shop.call('/admin/events?limit=500', operator)
    return (body.data as { subject?: string; traceparent?: string }[]).filter((event) =>
      JSON.stringify(event).includes(String(order.id)),
    )
  }
  await until(async () => (await events()).length === 2)
  const spans = await Promise.all(
    traces.map(({ traceId }) => shop.span({ traceId, service: 'order', kind: serverKind })),
  )
  assert.deepEqual(
    (await events()).map(({ traceparent }) => traceparent),
    spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`),
  )
})

test('each trace leads to the batch that stored its order, which is recorded once', options, async () => {
  const traces = Array.from({ length: 24 }, (_, n) => newTrace({ isSampled: n % 4 !== 0 }))
  const ids = new Set(traces.map(({ traceId }) => traceId))
  const answers = await Promise.all(traces.map(({ headers }) => place(headers)))
  assert.ok(answers.every(({ status }) => status === 201))

  const batches = () => shop.find({ name: 'store orders' }).filter(({ traceId }) => ids.has(traceId))
  const orders = () =>
    shop.find({ service: 'order', kind: serverKind }).filter(({ traceId }) => ids.has(traceId))
  await until(() => orders().length === 18)
  await setTimeout(500)
  assert.ok(batches().some(({ attributes }) => Number(attributes['batch.size']) > 1))
  for (const order of orders()) {
    const leading = batches().filter(
      ({ parentSpanId, spanId }) =>
        parentSpanId === order.spanId || order.links.some((link) => link.spanId === spanId),
    )
    assert.equal(leading.length, 1, `${leading.length} batches of one order`)
    const [batch] = leading as [Span]
    assert.ok(
      batch.parentSpanId === order.spanId || batch.links.some(({ spanId }) => spanId === order.spanId),
      'the batch leads back to the order',
    )
  }
  for (const batch of batches()) assert.equal(Number(batch.attributes['batch.size']), batch.links.length + 1)
  // each batch is in one trace, with its statement
  for (const { traceId, spanId } of batches())
    assert.equal(
      shop
        .find({ traceId, parentSpanId: spanId })
        .filter((span) => nameOfQuery(span) === 'pg.query:insert-orders').length,
      1,
    )
  assert.ok(
    shop.spans.every(
      ({ traceId }) =>
        !traces.some((each) => each.traceId === traceId && each.headers.traceparent.endsWith('00')),
    ),
  )
})

test('what runs in the background is in no trace, even if a request has started it', options, async (t) => {
  const { headers } = newTrace()
  const leaving = new AbortController()
  t.after(() => leaving.abort())
  const stream = await fetch(`${shop.gateway.url}/orders/stream`, {
    headers: { ...me, ...headers },
    signal: leaving.signal,
  })
  assert.equal(stream.status, 200)
  await setTimeout(500)
  const count = shop.spans.length
  // the relay looks for events, and the stream for what the relay has found, many times
  await setTimeout(1500)
  assert.deepEqual(
    shop.spans.slice(count).map((span) => shop.pathTo(span)),
    [],
  )
})

test('no query of a client is in the span of a request', options, async () => {
  const { traceId, headers } = newTrace()
  await shop.call('/orders?limit=7', { ...me, ...headers })
  const span = await shop.span({ traceId, service: 'order', kind: serverKind })
  assert.equal(span.name, 'GET /orders')
  assert.equal(span.attributes['url.query'], '[redacted]')
  assert.ok(!JSON.stringify(shop.find({ traceId, kind: serverKind })).includes('limit=7'))
  // the gateway's own span of the call has it, as docs/monitoring.md says
  assert.ok(JSON.stringify(shop.find({ traceId, service: 'gateway' })).includes('limit=7'))
})
