import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { createTestApp, names, type TestApp } from '../app.ts'
import { type ChangeName, change, place } from '../orders.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

type Event = Record<string, unknown> & { data: Record<string, unknown>; type: string; subject: string }

let context: TestApp
let headers: { authorization: string }

before(async () => {
  context = await createTestApp()
  headers = await asUser(uuidv7(), 'admin')
})
after(() => context.close())

async function readText(query = ''): Promise<string> {
  await context.move()
  const response = await context.app.inject({ url: `/admin/events?limit=1000${query}`, headers })
  assert.equal(response.statusCode, 200, response.body)
  return response.body
}

/** Returns the events of an order, oldest first. */
async function eventsOf(orderId: string): Promise<Event[]> {
  const { data } = JSON.parse(await readText()) as { data: Event[] }
  return data.filter(({ subject }) => subject === orderId)
}

async function placeAndChange(...changes: ChangeName[]): Promise<string> {
  const orderId = await place(context.database.owner, context.shop)
  for (const name of changes) await change(context.database.owner, orderId, name)
  return orderId
}

test('an event is a CloudEvent that shows the order, and nothing personal', async () => {
  const at = '2026-03-01 09:30:00.123456+00'
  const items = [
    { productName: 'Kettle', quantity: 2, unitAmount: 4900 },
    { productName: 'Mug', quantity: 1, unitAmount: 1850 },
  ]
  const { owner } = context.database
  const orderId = await place(owner, context.shop, { items, at, traceparent })
  await context.move()
  const [stored] = await owner.query<{ id: string; position: string; number: string }>({
    text: `SELECT order_events.id, position, order_number_value(order_id) AS number
           FROM order_events JOIN feed USING (order_id, version) WHERE order_id = $1`,
    values: [orderId],
  })
  const [event] = (await eventsOf(orderId)) as [Event]
  const { userId, productId } = context.shop
  const number = [...String(event.data.number).replace('-', '')]
    .map((digit) => BigInt('0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(digit)))
    .reduce((value, digit) => value * 32n + digit, 0n)
  assert.equal(String(number), stored?.number)
  assert.deepEqual(event, {
    specversion: '1.0',
    id: stored?.id,
    source: names.eventSource,
    type: `${names.eventTypePrefix}.orders.placed.v1`,
    subject: orderId,
    time: '2026-03-01T09:30:00.123Z',
    partitionkey: orderId,
    sequence: stored?.position.padStart(20, '0'),
    traceparent,
    datacontenttype: 'application/json',
    data: {
      id: orderId,
      number: event.data.number,
      version: 1,
      userId,
      status: 'pending',
      productId,
      productName: 'Kettle',
      itemCount: 2,
      totalAmount: 11_650,
      currency: 'EUR',
      refundedAmount: 0,
      createdAt: '2026-03-01T09:30:00.123Z',
      updatedAt: '2026-03-01T09:30:00.123Z',
      items: items.map((item, index) => ({ position: index + 1, productId, ...item })),
      shipment: null,
      latePayment: false,
    },
  })
  await placeAndChange('pay', 'ship', 'deliver', 'refundPart', 'note')
  await placeAndChange('cancel', 'payLate')
  assert.doesNotMatch(await readText(), /canary/)
})

/** What the events of an order show, as a text for each. */
async function shown(...changes: ChangeName[]) {
  const events = await eventsOf(await placeAndChange(...changes))
  return events.map(({ type, data }) => {
    const { carrier = 'unsent' } = (data.shipment ?? {}) as { carrier?: string }
    return [
      type.split('.').at(-2),
      data.version,
      data.status,
      data.refundedAmount,
      carrier,
      data.latePayment,
    ].join(' ')
  })
}

test('each event shows the order as it was after it, whatever has come since', async () => {
  assert.deepEqual(
    await shown(
      'pay',
      'ship',
      'unship',
      'ship',
      'track',
      'deliver',
      'undeliver',
      'deliver',
      'refundPart',
      'refundRest',
    ),
    [
      'placed 1 pending 0 unsent false',
      'paid 2 paid 0 unsent false',
      'shipped 3 shipped 0 Parcel Post false',
      'reverted 4 paid 0 unsent false',
      'shipped 5 shipped 0 Parcel Post false',
      'tracked 6 shipped 0 Other false',
      'delivered 7 delivered 0 Other false',
      'reverted 8 shipped 0 Other false',
      'delivered 9 delivered 0 Other false',
      'refunded 10 delivered 1000 Other false',
      'refunded 11 refunded 2500 Other false',
    ],
  )
  assert.deepEqual(await shown('cancel', 'payLate', 'refundPart', 'note', 'refundLateRest'), [
    'placed 1 pending 0 unsent false',
    'cancelled 2 cancelled 0 unsent false',
    'paid_late 3 cancelled 0 unsent true',
    'refunded 4 cancelled 1000 unsent true',
    'noted 5 cancelled 1000 unsent true',
    'refunded 6 cancelled 2500 unsent false',
  ])
})

test('an event has the same bytes at each reading, also after later events and an erasure', async () => {
  const orderId = await placeAndChange('pay', 'ship')
  const of = async () => (await eventsOf(orderId)).slice(0, 3).map((event) => JSON.stringify(event))
  const first = await of()
  for (const name of ['track', 'deliver', 'refundWhole'] as const)
    await change(context.database.owner, orderId, name)
  await context.database.owner.query({
    text: `UPDATE order_events SET data = without_personal_data(data) WHERE order_id = $1`,
    values: [orderId],
  })
  assert.deepEqual(await of(), first)
  const text = await readText()
  assert.ok(first.every((event) => text.includes(event)))
})

test('an event of the largest order stays below 64 KiB, without the names of its items', async () => {
  const items = Array.from({ length: 100 }, () => ({
    productName: '\u{1f600}'.repeat(200),
    quantity: 999,
    unitAmount: 2_147_483_647,
  }))
  const orderId = await place(context.database.owner, context.shop, { items })
  const [event] = await eventsOf(orderId)
  assert.ok(Buffer.byteLength(JSON.stringify(event)) < 64 * 1024)
  const shownItems = event?.data.items as Record<string, unknown>[]
  assert.equal(shownItems.length, 100)
  assert.deepEqual(Object.keys(shownItems[0] ?? {}), ['position', 'productId', 'quantity', 'unitAmount'])
  assert.equal(event?.data.productName, '\u{1f600}'.repeat(200))
})

test('100 items with usual names keep them', async () => {
  const items = Array.from({ length: 100 }, (_, n) => ({
    productName: `Item no. ${n}`,
    quantity: 1,
    unitAmount: 1,
  }))
  const [event] = (await eventsOf(await place(context.database.owner, context.shop, { items }))) as [Event]
  const last = (event.data.items as { productName: string }[])[99]
  assert.equal(last?.productName, 'Item no. 99')
})

test('the events of an order that was deleted by hand keep their places and ids', async () => {
  const orderId = await placeAndChange('pay')
  const before = await eventsOf(orderId)
  await context.database.owner.query({ text: 'DELETE FROM orders WHERE id = $1', values: [orderId] })
  const after = await eventsOf(orderId)
  const { userId } = context.shop
  assert.deepEqual(
    after,
    before.map((event) => ({ ...event, data: { id: orderId, userId, version: event.data.version } })),
  )
})
