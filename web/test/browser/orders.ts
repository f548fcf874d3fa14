import assert from 'node:assert/strict'
import {
  anyProducts,
  call,
  logInAsAdmin,
  newShopper,
  placeOrder,
  type Shopper,
} from '@shop/tests/e2e/shop-client'

export type Order = {
  id: string
  number: string
  version: number
  status: string
  totalAmount: number
  currency: string
}

let admin: Promise<string> | undefined
let shopper: Promise<Shopper> | undefined

/** One login for the tests of a file: their number is limited. */
export const adminToken = () => (admin ??= logInAsAdmin())
export const anyShopper = () => (shopper ??= newShopper('Wanda'))

/** Places an order of two products. */
export async function place(extra: object = {}): Promise<Order> {
  return (await placeOrder(await anyShopper(), await anyProducts(2), extra)).body
}

/** Does what an operator does, elsewhere. */
export async function act(order: Pick<Order, 'id'>, verb: string, body: object = {}): Promise<Order> {
  const answer = await call(`/admin/orders/${order.id}/${verb}`, { token: await adminToken(), json: body })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

/** Places and pays so many orders, the newest last. */
export async function paidOrders(count: number): Promise<Order[]> {
  const orders: Order[] = []
  for (let i = 0; i < count; i++) orders.push(await act(await place(), 'pay', { reference: `pi-${i}` }))
  return orders
}

export async function read(order: Pick<Order, 'id'>) {
  const answer = await call(`/admin/orders/${order.id}`, { token: await adminToken() })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
