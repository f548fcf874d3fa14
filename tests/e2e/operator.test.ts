import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { before, describe, test } from 'node:test'
import {
  anyProducts,
  assertProblem,
  call,
  logInAsAdmin,
  newShopper,
  placeOrder,
  type Shopper,
} from './shop-client.ts'

const shipment = {
  carrier: 'Parcel Post',
  trackingNumber: 'PP1',
  trackingUrl: 'https://parcels.example.com/PP1',
}

describe('an operator', () => {
  let admin: string
  let shopper: Shopper
  // biome-ignore lint/suspicious/noExplicitAny: the order as it was answered
  let order: any

  before(async () => {
    admin = await logInAsAdmin()
    shopper = await newShopper('ines')
    const shippingAddress = {
      name: 'Ines Secret',
      line1: '1 Secret Street',
      city: 'Town',
      postalCode: '12345',
      country: 'DE',
    }
    const metadata = { note: 'a secret surprise' }
    order = (await placeOrder(shopper, await anyProducts(3), { shippingAddress, metadata })).body
  })

  const get = (path: string, token = admin) => call(path, { token })
  const act = (verb: string, json: object, headers = {}) =>
    call(`/admin/orders/${order.id}/${verb}`, { token: admin, json, headers })

  test('finds an order by the beginning of its number, with its customer', async () => {
    const found = await get(`/admin/orders?number=${order.number.slice(0, 8).toLowerCase()}`)
    assert.equal(found.status, 200, found.text)
    const row = found.body.data.find(({ id }: { id: string }) => id === order.id)
    assert.equal(found.body.meta.customers, 'available')
    assert.deepEqual(row.customer, { id: shopper.id, name: 'ines', email: shopper.email })
    const byEmail = await get(`/admin/orders?email=${encodeURIComponent(shopper.email)}`)
    assert.deepEqual(
      byEmail.body.data.map(({ id }: { id: string }) => id),
      [order.id],
    )
    assertProblem(await get('/admin/orders', shopper.token), 403, 'role_required')
    assertProblem(await call('/admin/orders'), 401, 'token_missing')
  })

  test('pays, ships, corrects the tracking, delivers, and refunds a part and the rest', async () => {
    const steps: [verb: string, body: object, expected: object][] = [
      ['pay', { reference: 'pi_1' }, { status: 'paid', paymentReference: 'pi_1' }],
      ['ship', { carrier: 'Parcel Post', trackingNumber: 'PP0' }, { status: 'shipped' }],
      ['track', shipment, { status: 'shipped', shipment }],
      ['deliver', {}, { status: 'delivered' }],
      ['refund', { amount: 1, reason: 'Scratched' }, { status: 'delivered', refundedAmount: 1 }],
      ['refund', { reason: 'Broken' }, { status: 'refunded', refundedAmount: order.totalAmount }],
    ]
    let etag = (await get(`/admin/orders/${order.id}`)).headers.get('etag') ?? ''
    for (const [index, [verb, body, expected]] of steps.entries()) {
      const changed = await act(verb, body, {
        'if-match': etag,
        'idempotency-key': `${verb}-${index}-${order.id}`,
      })
      assert.equal(changed.status, 200, changed.text)
      assert.partialDeepStrictEqual(changed.body, { version: index + 2, ...expected })
      const stale = await act(verb, body, { 'if-match': etag })
      assertProblem(stale, 412, 'version_mismatch')
      etag = changed.headers.get('etag') ?? ''
      // weak where the gateway has compressed the answer
      assert.equal(etag.replace(/^W\//, ''), `"${index + 2}"`)
    }
    assertProblem(await act('ship', shipment), 409, 'illegal_transition')

    const types = ['placed', 'paid', 'shipped', 'tracked', 'delivered', 'refunded', 'refunded']
    const { body } = await get(`/admin/orders/${order.id}`)
    assert.deepEqual(
      body.history.map(({ type }: { type: string }) => type),
      types,
    )
    assert.deepEqual(body.customer, { id: shopper.id, name: 'ines', email: shopper.email })
    const owners = await get(`/orders/${order.id}/history`, shopper.token)
    assert.deepEqual(
      owners.body.data.map(({ type }: { type: string }) => type),
      types,
    )
    assert.doesNotMatch(owners.text, /actor|pi_1/)
  })

  test('reads what was paid and refunded in the statistics', async () => {
    // another range each time: an answer is kept for a minute
    const tz =
      ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney'][randomInt(5)] ?? 'UTC'
    const day = (ago: number) =>
      new Intl.DateTimeFormat('en-CA', { timeZone: tz }).format(Date.now() - ago * 24 * 3600_000)
    const stats = await get(`/admin/stats?from=${day(1 + randomInt(90))}&to=${day(0)}&tz=${tz}`)
    assert.equal(stats.status, 200, stats.text)
    // biome-ignore lint/suspicious/noExplicitAny: the assertions check what has come
    const currencies = stats.body.data.flatMap((each: any) => each.currencies)
    for (const kind of ['placed', 'paid', 'refunded']) {
      const amount = currencies
        .filter(({ currency }: { currency: string }) => currency === order.currency)
        // biome-ignore lint/suspicious/noExplicitAny: the assertions check what has come
        .reduce((sum: number, each: any) => sum + each[kind].amount, 0)
      assert.ok(amount >= order.totalAmount, `${kind}: ${amount}`)
    }
  })

  const exports = [
    { who: 'the shopper', path: '/orders/export', filters: undefined },
    { who: 'the operator', path: '/admin/exports', filters: true },
  ]
  for (const { who, path, filters } of exports) {
    test(`${who} exports orders by an address that works once, as CSV and as NDJSON`, async () => {
      const token = filters ? admin : shopper.token
      for (const [format, type] of [
        ['csv', 'text/csv'],
        ['ndjson', 'application/x-ndjson'],
      ] as const) {
        const json = { format, ...(filters && { filters: { userId: shopper.id } }) }
        const created = await call(path, { token, json })
        assert.equal(created.status, 201, created.text)
        const { url } = created.body
        const file = await call(url)
        assert.equal(file.status, 200, file.text)
        assert.ok(file.headers.get('content-type')?.startsWith(type))
        assert.match(file.headers.get('content-disposition') ?? '', /^attachment; filename="orders-/)
        // one row an item below the names of the columns, or one line an order
        const lines = file.text.trimEnd().split('\n')
        assert.equal(lines.length, format === 'csv' ? 1 + order.itemCount : 1)
        assert.ok(lines.at(-1)?.includes(order.id))
        assertProblem(await call(url), 404, 'export_not_found')
      }
    })
  }

  test('the shopper chooses the format of an export by Accept', async () => {
    const ask = (accept: string) => call('/orders/export', { token: shopper.token, headers: { accept } })
    assert.match((await ask('text/csv')).text, /^orderId,number,/)
    assert.equal(JSON.parse((await ask('application/x-ndjson')).text).id, order.id)
    assertProblem(await ask('application/pdf'), 406, 'not_acceptable')
  })

  test('erases personal data, and amounts stay', async () => {
    const json = { userId: shopper.id }
    const erased = await call('/admin/erasures', { token: admin, json })
    assert.equal(erased.status, 200, erased.text)
    assert.equal(erased.headers.get('location'), `/admin/erasures/${shopper.id}`)
    assert.deepEqual([erased.body.erased, erased.body.waiting], [1, 0])
    const found = await get(`/admin/orders/${order.id}`)
    assert.doesNotMatch(found.text, /secret|Scratched|Broken/i)
    assert.partialDeepStrictEqual(found.body, {
      shippingAddress: { postalCode: '12345', country: 'DE' },
      metadata: null,
      totalAmount: order.totalAmount,
      refundedAmount: order.totalAmount,
    })
    assert.equal(found.body.history.at(-1).type, 'erased')
    assert.equal((await get(`/admin/erasures/${shopper.id}`)).body.erased, 1)
  })
})
