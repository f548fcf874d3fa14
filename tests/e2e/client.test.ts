import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { createSession, createShop, type Order, type Shop, ShopError } from '@shop/client'
import { createOperator, type Operator } from '@shop/client/operator'
import { anyProducts, baseUrl, logInAsAdmin, newShopper, type Product, type Shopper } from './shop-client.ts'

/** Rejects unless `work` fails with this code; returns the error. */
async function refused<Code extends ShopError['code']>(work: Promise<unknown>, code: Code) {
  const error = await work.then(
    () => assert.fail('was not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ShopError, String(error))
  assert.equal(error.code, code, error.message)
  return error as Extract<ShopError, { code: Code }>
}

describe('with @shop/client', () => {
  let shopper: Shopper
  let shop: Shop
  let operator: Operator
  let products: Product[]

  before(async () => {
    shopper = await newShopper('clara')
    shop = createShop({ baseUrl: baseUrl().origin, token: shopper.token })
    operator = createOperator({ baseUrl: baseUrl().origin, token: await logInAsAdmin() })
    products = await anyProducts(2)
  })

  const place = (quantity = 1, idempotencyKey?: string) =>
    shop.orders.place(
      { items: products.map(({ id }) => ({ productId: id, quantity })) },
      idempotencyKey === undefined ? {} : { idempotencyKey },
    )

  test('a shopper places an order once with a key, and lists all of hers by their cursors', async () => {
    const placed = await place(2, `client-${shopper.id}`)
    assert.deepEqual(await place(2, `client-${shopper.id}`), placed)
    await refused(place(3, `client-${shopper.id}`), 'idempotency_key_reused')
    assert.deepEqual(await shop.orders.get(placed.id), placed)

    const ids = [placed.id]
    for (let i = 0; i < 2; i++) ids.unshift((await place()).id)
    const pages: string[][] = []
    for await (const { data } of shop.orders.list({ limit: 2, status: 'pending' }).pages())
      pages.push(data.map(({ id }) => id))
    assert.deepEqual(pages, [ids.slice(0, 2), ids.slice(2)])
    const numbers: string[] = []
    for await (const { number } of shop.orders.list({ limit: 1 })) numbers.push(number)
    assert.equal(numbers.length, 3)
    assert.equal(numbers[2], placed.number)
  })

  test('a shopper sees live what happens to her orders, and goes on after a break', async () => {
    let order: Order | undefined
    let cursor: string | undefined
    const seen: string[] = []
    for await (const update of shop.orders.follow({ signal: AbortSignal.timeout(30_000) })) {
      if (update.type === 'reload') {
        order = await place()
        continue
      }
      // an earlier order may still come
      if (update.order.id !== order?.id) continue
      seen.push(update.event)
      cursor = update.cursor
      break
    }
    assert.ok(order && cursor, 'nothing came')
    // nobody follows meanwhile
    await shop.orders.cancel(order, { reason: 'Ordered by mistake' })
    for await (const update of shop.orders.follow({ after: cursor, signal: AbortSignal.timeout(30_000) })) {
      assert.equal(update.type, 'changed')
      if (update.type === 'changed') seen.push(update.event, update.order.status)
      break
    }
    assert.deepEqual(seen, ['placed', 'cancelled', 'cancelled'])
    const history = await shop.orders.history(order.id)
    assert.deepEqual(
      history.map(({ type }) => type),
      ['placed', 'cancelled'],
    )
  })

  test('an operator moves an order on, is refused with what holds now, and others follow the feed', async () => {
    const { orders, events, api } = operator
    const order = await place()
    const { data: now } = await api.GET('/admin/events', { params: { query: { after: 'latest' } } })
    assert.ok(now)
    const paid = await orders.pay(order, { reference: 'pi_1' })
    assert.deepEqual([paid.status, paid.version, paid.paymentReference], ['paid', 2, 'pi_1'])
    const { order: current } = await refused(orders.cancel(order, { reason: 'Too late' }), 'version_mismatch')
    assert.deepEqual([current.version, current.status, current.lastEvent.type], [2, 'paid', 'paid'])
    const shipped = await orders.ship(paid, { carrier: 'Parcel Post', trackingNumber: 'PP1' })
    const delivered = await orders.deliver(shipped)
    await refused(orders.pay(delivered, { reference: 'pi_2' }), 'illegal_transition')
    const refunded = await orders.refund(order.id, { reason: 'Broken' })
    assert.equal(refunded.refundedAmount, order.totalAmount)

    const types: string[] = []
    const following = events({ after: now.meta.next, signal: AbortSignal.timeout(30_000) })
    for await (const { type, subject } of following) {
      // others place orders at the same time
      if (subject === order.id) types.push(type.split('.').at(-2) ?? '')
      if (types.at(-1) === 'refunded') break
    }
    // the placing may have come into the feed after `latest` was read
    assert.deepEqual(types.slice(-4), ['paid', 'shipped', 'delivered', 'refunded'])

    for await (const { id, customer } of orders.list({ userId: shopper.id, limit: 1 })) {
      assert.equal(customer?.email, shopper.email)
      if (id === order.id) break
    }
    await refused(
      createOperator({ baseUrl: baseUrl().origin, token: shopper.token }).orders.get(order.id),
      'role_required',
    )
  })

  test('an export is downloaded by an address that works once', async () => {
    const links = [
      await shop.orders.exportLink({ format: 'csv' }),
      await operator.orders.exportLink({ format: 'csv', filters: { userId: shopper.id } }),
    ]
    for (const { url } of links) {
      assert.match(await (await fetch(url)).text(), /^orderId,number,/)
      assert.equal((await fetch(url)).status, 404)
    }
  })

  test('a session is renewed by its cookie until the logout', async () => {
    const session = createSession({ baseUrl: baseUrl().origin })
    const { email, password } = shopper
    await refused(session.logIn({ email, password: 'another password' }), 'invalid_credentials')
    await session.logIn({ email, password })
    const { account } = createShop({ baseUrl: baseUrl().origin, token: session.token })
    assert.equal((await account.get()).email, email)
    const first = await session.token({ rejected: undefined })
    const second = await session.token({ rejected: first })
    assert.ok(second && second !== first)
    assert.equal((await account.change({ name: 'Clara' })).name, 'Clara')
    await session.logOut()
    assert.equal(await session.isLoggedIn(), false)
    await refused(account.get(), 'token_missing')
  })
})
