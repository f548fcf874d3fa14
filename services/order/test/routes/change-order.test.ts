import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { asUser } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { type Verb, verbs } from '../../src/order.ts'
import { type Party, transitions } from '../../src/transitions.ts'
import { createTestApp, insertUser, productClient, type TestApp } from '../app.ts'
import { act, placeOrder, stored, total, validBodies } from '../changes.ts'

let context: TestApp

before(async () => {
  context = await createTestApp()
})
after(() => context.close())

type Step = Verb | { refund: number }

/** Event, status after it, and the money that moved. */
type Outcome = [event: string, status: string, amount: number | null]

type Situation = {
  steps: Step[]
  operator: Partial<Record<Verb, Outcome>>
  owner?: Partial<Record<Verb, Outcome>>
}

const part = { refund: 1000 }

const noted = (status: string): Outcome => ['noted', status, null]

/** Every situation that an order can be in, how it gets there, and what is possible then: written out, not computed. */
const situations: Record<string, Situation> = {
  pending: {
    steps: [],
    owner: { cancel: ['cancelled', 'cancelled', null] },
    operator: {
      cancel: ['cancelled', 'cancelled', null],
      pay: ['paid', 'paid', total],
      readdress: ['readdressed', 'pending', null],
      note: noted('pending'),
    },
  },
  paid: {
    steps: ['pay'],
    operator: {
      ship: ['shipped', 'shipped', null],
      refund: ['refunded', 'refunded', total],
      readdress: ['readdressed', 'paid', null],
      note: noted('paid'),
    },
  },
  'paid, partly refunded': {
    steps: ['pay', part],
    operator: {
      ship: ['shipped', 'shipped', null],
      refund: ['refunded', 'refunded', total - 1000],
      readdress: ['readdressed', 'paid', null],
      note: noted('paid'),
    },
  },
  'paid again, its shipment taken back': {
    steps: ['pay', 'ship', 'revert'],
    operator: {
      ship: ['shipped', 'shipped', null],
      refund: ['refunded', 'refunded', total],
      readdress: ['readdressed', 'paid', null],
      note: noted('paid'),
    },
  },
  shipped: {
    steps: ['pay', 'ship'],
    operator: {
      track: ['tracked', 'shipped', null],
      deliver: ['delivered', 'delivered', null],
      refund: ['refunded', 'refunded', total],
      revert: ['reverted', 'paid', null],
      note: noted('shipped'),
    },
  },
  'shipped, partly refunded': {
    steps: ['pay', 'ship', part, part],
    operator: {
      track: ['tracked', 'shipped', null],
      deliver: ['delivered', 'delivered', null],
      refund: ['refunded', 'refunded', total - 2000],
      revert: ['reverted', 'paid', null],
      note: noted('shipped'),
    },
  },
  delivered: {
    steps: ['pay', 'ship', 'deliver'],
    operator: {
      track: ['tracked', 'delivered', null],
      refund: ['refunded', 'refunded', total],
      revert: ['reverted', 'shipped', null],
      note: noted('delivered'),
    },
  },
  cancelled: {
    steps: ['cancel'],
    operator: { pay: ['paid_late', 'cancelled', total], note: noted('cancelled') },
  },
  'cancelled, paid late': {
    steps: ['cancel', 'pay'],
    operator: { refund: ['refunded', 'cancelled', total], note: noted('cancelled') },
  },
  'cancelled, paid late, partly refunded': {
    steps: ['cancel', 'pay', part],
    operator: { refund: ['refunded', 'cancelled', total - 1000], note: noted('cancelled') },
  },
  'cancelled, paid late, refunded': {
    steps: ['cancel', 'pay', 'refund'],
    operator: { note: noted('cancelled') },
  },
  refunded: { steps: ['pay', 'refund'], operator: { note: noted('refunded') } },
  'refunded in parts': {
    steps: ['pay', 'ship', 'deliver', part, { refund: total - 1000 }],
    operator: { note: noted('refunded') },
  },
}

const withoutOwner = { owner: {} }

/** Returns the id of a new order on which `steps` were taken. */
async function orderAfter(steps: Step[], ownerId: string): Promise<string> {
  const { id } = await placeOrder(context, ownerId)
  for (const step of steps) {
    const request =
      typeof step === 'string'
        ? { verb: step }
        : { verb: 'refund' as const, body: { amount: step.refund, reason: 'Part' } }
    const { status, text } = await act(context, { orderId: id, ...request })
    assert.equal(status, 200, `${request.verb}: ${text}`)
  }
  return id
}

for (const [name, situation] of Object.entries(situations)) {
  const { steps, ...allowed } = { ...withoutOwner, ...situation }

  describe(`an order that is ${name}`, () => {
    for (const party of ['owner', 'operator'] satisfies Party[]) {
      const outcomes = Object.entries(allowed[party] ?? {}) as [Verb, Outcome][]
      const routes = transitions.filter(({ by }) => by === party).map(({ verb }) => verb)

      for (const [verb, [type, status, amount]] of outcomes) {
        test(`${verb} by the ${party}: ${type}, then ${status}`, async () => {
          const userId = await insertUser(context.database)
          const orderId = await orderAfter(steps, userId)
          const earlier = await stored(context, orderId)
          const answer = await act(context, { orderId, verb, party, ...(party === 'owner' && { userId }) })
          assert.deepEqual([answer.status, answer.json.status], [200, status], answer.text)
          const { order, events } = await stored(context, orderId)
          const event = events.at(-1)
          assert.deepEqual(
            [event?.type, event?.status, event?.amount && Number(event.amount), event?.currency],
            [type, status, amount, amount === null ? null : 'EUR'],
          )
          assert.equal(events.length, earlier.events.length + 1)
          assert.deepEqual([order.status, order.version], [status, events.length])
        })
      }

      test(`shows the ${party} the actions that work, and refuses the others without a trace`, async () => {
        const ownerId = await insertUser(context.database)
        const orderId = await orderAfter(steps, ownerId)
        const expected = outcomes.map(([verb]) => verb)
        const userId = party === 'owner' ? { userId: ownerId } : {}
        const earlier = await stored(context, orderId)
        for (const verb of routes.filter((each) => !expected.includes(each))) {
          const { status, json } = await act(context, { orderId, verb, party, ...userId })
          assert.deepEqual([status, json.code], [409, 'illegal_transition'], verb)
          assert.deepEqual(json.order.actions.toSorted(), expected.toSorted())
          assert.deepEqual(
            [json.order.id, json.order.status, json.order.version],
            [orderId, earlier.order.status, earlier.order.version],
          )
          assert.equal(json.order.lastEvent.type, earlier.events.at(-1)?.type)
          const list = json.order.actions.join(', ')
          assert.ok(json.detail.endsWith(list ? `Allowed: ${list}.` : 'Nothing is allowed any more.'))
        }
        assert.deepEqual(await stored(context, orderId), earlier)
        // the last answer of a transition has them too
        const shown = await shownActions(orderId, party, ownerId)
        assert.deepEqual(shown.toSorted(), expected.toSorted())
      })
    }
  })
}

/** Returns the actions in the order as the party gets it. Operators get it from a note, which changes nothing else. */
async function shownActions(orderId: string, party: Party, ownerId: string): Promise<Verb[]> {
  if (party === 'operator') return (await act(context, { orderId, verb: 'note' })).json.actions
  const headers = await asUser(ownerId)
  return (await context.app.inject({ url: `/orders/${orderId}`, headers })).json().actions
}

test('every verb has a route, and the owner has no other than cancel', async () => {
  const routesOf = (party: Party) => transitions.filter(({ by }) => by === party).map(({ verb }) => verb)
  assert.deepEqual(routesOf('operator').toSorted(), [...verbs].toSorted())
  assert.deepEqual(routesOf('owner'), ['cancel'])
  const ownerId = await insertUser(context.database)
  const { id } = await placeOrder(context, ownerId)
  for (const verb of verbs.filter((each) => each !== 'cancel')) {
    assert.equal(
      (await act(context, { orderId: id, verb, party: 'owner', userId: ownerId })).status,
      404,
      verb,
    )
  }
})

test("operators' verbs are refused to everyone else, and do nothing", async () => {
  const ownerId = await insertUser(context.database)
  const { id } = await placeOrder(context, ownerId)
  const earlier = await stored(context, id)
  for (const verb of verbs) {
    const request = { method: 'POST', url: `/admin/orders/${id}/${verb}`, body: validBodies[verb] } as const
    const asOwner = await context.app.inject({ ...request, headers: await asUser(ownerId) })
    assert.deepEqual([asOwner.statusCode, asOwner.json().code], [403, 'role_required'], verb)
    assert.equal((await context.app.inject(request)).statusCode, 401, verb)
  }
  assert.deepEqual(await stored(context, id), earlier)
})

test('an order that does not exist, or is not the caller’s, is the same 404', async () => {
  const owner = await insertUser(context.database)
  const { id } = await placeOrder(context, owner)
  const userId = await insertUser(context.database)
  const cancel = (orderId: string) => act(context, { orderId, verb: 'cancel', party: 'owner', userId })
  const [foreign, missing] = [await cancel(id), await cancel(uuidv7())]
  const comparable = ({ status, json }: typeof foreign) => ({ status, ...json, requestId: undefined })
  assert.deepEqual(comparable(foreign), comparable(missing))
  assert.equal(foreign.status, 404)
  for (const verb of verbs) assert.equal((await act(context, { orderId: uuidv7(), verb })).status, 404, verb)
  // an operator who is a shopper too cancels only their own orders there
  assert.equal((await cancel(id.toUpperCase())).status, 404)
})

test('the order is found by its id in upper case too, and is shown in lower case', async () => {
  const { id } = await placeOrder(context, await insertUser(context.database))
  const refused = await act(context, { orderId: id.toUpperCase(), verb: 'ship' })
  assert.deepEqual([refused.status, refused.json.order.id], [409, id])
  const { status, json } = await act(context, { orderId: id.toUpperCase(), verb: 'pay' })
  assert.deepEqual([status, json.id], [200, id])
})

test('a body that the verb does not have is a 400, and changes nothing', async () => {
  const { id } = await placeOrder(context, await insertUser(context.database))
  const earlier = await stored(context, id)
  const bodies: [Verb, unknown][] = [
    ['pay', {}],
    ['pay', { reference: '' }],
    ['pay', { reference: 'r', amount: 1 }],
    ['pay', null],
    ['deliver', null],
    ['deliver', []],
    ['deliver', { now: true }],
    ['cancel', {}],
    ['ship', { carrier: 'Post' }],
    ['ship', { carrier: 'Post', trackingNumber: ' ' }],
    ['ship', { ...validBodies.ship, trackingUrl: 'javascript:alert(1)' }],
    ['ship', { ...validBodies.ship, trackingUrl: 'http://a b' }],
    ['refund', { reason: 'r', amount: 0 }],
    ['refund', { reason: 'r', amount: -1 }],
    ['refund', { reason: 'r', amount: 1.5 }],
    ['refund', { reason: 'r', amount: '1' }],
    ['refund', { amount: 1 }],
    ['readdress', { shippingAddress: null }],
    ['readdress', { shippingAddress: { name: 'A', line1: 'L', city: 'C', country: 'de' } }],
    ['note', { note: '\u0000' }],
    ['revert', {}],
  ]
  for (const [verb, body] of bodies) {
    const { status, json } = await act(context, {
      orderId: id,
      verb,
      body: JSON.stringify(body) as never,
      headers: { 'content-type': 'application/json' },
    })
    assert.deepEqual([status, json.status], [400, 400], `${verb} ${JSON.stringify(body)}`)
  }
  assert.deepEqual(await stored(context, id), earlier)
})

test('a verb without required members needs no body', async () => {
  const userId = await insertUser(context.database)
  const { id } = await placeOrder(context, userId)
  const headers = await asUser(userId)
  const response = await context.app.inject({ method: 'POST', url: `/orders/${id}/cancel`, headers })
  assert.deepEqual([response.statusCode, response.json().status], [200, 'cancelled'])
})

test('a shipment is shown from ship to revert, with its latest correction', async () => {
  const { id } = await placeOrder(context, await insertUser(context.database))
  const shipmentAfter = async (verb: Verb, body?: object) =>
    (await act(context, { orderId: id, verb, ...(body && { body }) })).json.shipment
  assert.equal(await shipmentAfter('pay'), null)
  assert.deepEqual(await shipmentAfter('ship'), validBodies.ship)
  assert.deepEqual(await shipmentAfter('track'), validBodies.track)
  // a correction without a link takes the link away
  assert.deepEqual(await shipmentAfter('track', validBodies.ship), validBodies.ship)
  assert.deepEqual(await shipmentAfter('deliver'), validBodies.ship)
  assert.deepEqual(await shipmentAfter('revert'), validBodies.ship)
  assert.equal(await shipmentAfter('revert'), null)
})

test('a new address and a payment reference are shown to those who may see them', async () => {
  const owner = await insertUser(context.database)
  const { id } = await placeOrder(context, owner)
  const { json } = await act(context, { orderId: id, verb: 'readdress' })
  assert.deepEqual(json.shippingAddress, validBodies.readdress.shippingAddress)
  assert.equal(json.paymentReference, null)
  assert.equal((await act(context, { orderId: id, verb: 'pay' })).json.paymentReference, 'pi_1')
  const mine = await context.app.inject({ url: `/orders/${id}`, headers: await asUser(owner) })
  assert.deepEqual(mine.json().shippingAddress, validBodies.readdress.shippingAddress)
  assert.ok(!('paymentReference' in mine.json()))
})

test('an order that costs nothing is paid and refunded once, like any other', async () => {
  const free = await createTestApp({
    products: productClient(() => ({ name: 'Sample', unitAmount: 0, currency: 'EUR' })),
  })
  try {
    const owner = await insertUser(free.database)
    const late = (await placeOrder(free, owner)).id
    for (const verb of ['cancel', 'pay', 'refund'] as const)
      assert.equal((await act(free, { orderId: late, verb })).status, 200, verb)
    for (const verb of ['pay', 'refund'] as const)
      assert.equal((await act(free, { orderId: late, verb })).status, 409, verb)
    const paid = (await placeOrder(free, owner)).id
    await act(free, { orderId: paid, verb: 'pay' })
    assert.equal((await act(free, { orderId: paid, verb: 'refund' })).json.status, 'refunded')
  } finally {
    await free.close()
  }
})
