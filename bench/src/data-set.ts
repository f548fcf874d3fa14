import { fromMicroseconds, toMicroseconds } from '@shop/service/database/timestamp'

/**
 * The data set as formulas, so that any answer can be checked without the database that it came from.
 * build-data-set.ts has the same formulas in SQL.
 */

/**
 * Users by number. Typical users have 20–100 orders each; shoppers have only those that the benchmark places.
 */
export const users = {
  typical: { from: 1, to: 10_000 },
  heavy: { from: 10_001, to: 10_004 },
  shoppers: { from: 10_005, to: 10_104 },
  /** They have no orders, and the role admin. */
  operators: { from: 10_105, to: 10_112 },
}

export type Users = { from: number; to: number }

export const ordersOfHeavyUser = 100_000
export const productCount = 1000

/**
 * The orders of the data set were placed in the two years before this; the benchmark's own orders are newer.
 */
export const newest = '2026-11-01 00:00:00+00'
export const spanMicroseconds = 2 * 365 * 86_400 * 1_000_000

/** Primes, so that users' orders mix in time and no two users have the same gaps. */
export const strides = { order: 7_919_000_003, user: 104_729_000_017 }

/** How often each status occurs among twenty orders. */
export const statusOfTwenty = [
  ...Array(12).fill('delivered'),
  ...Array(2).fill('paid'),
  ...Array(2).fill('shipped'),
  ...Array(2).fill('pending'),
  'cancelled',
  'refunded',
] as string[]

/** What has happened to an order in each status, in turn. */
export const histories: Record<string, string[]> = {
  pending: ['placed'],
  paid: ['placed', 'paid'],
  shipped: ['placed', 'paid', 'shipped'],
  delivered: ['placed', 'paid', 'shipped', 'delivered'],
  cancelled: ['placed', 'cancelled'],
  refunded: ['placed', 'paid', 'refunded'],
}

/** How many items the orders of a user have in turn. */
export const itemsOfFive = [1, 2, 1, 3, 1]

/** Items of one order are this many products apart. */
export const itemStride = 7

export function orderCount(user: number): number {
  if (user <= users.typical.to) return 20 + ((user * 37) % 81)
  return user <= users.heavy.to ? ordersOfHeavyUser : 0
}

export function totalOrders(): number {
  let total = 0
  for (let user = users.typical.from; user <= users.heavy.to; user++) total += orderCount(user)
  return total
}

/** Ids of users, products and orders are numbers in the shape of a UUID. */
export function uuid(number: number): string {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`
}

export const orderId = (user: number, order: number) => uuid(user * 1_000_000 + order)

export const statusOf = (user: number, order: number) => statusOfTwenty[(order * 7 + user) % 20] as string

/** In minor units. */
export const unitAmountOf = (product: number) => 100 + product * 7

/** What GET /orders must show of an order besides its ids, product and times. */
export function shownOf(user: number, order: number) {
  const itemCount = itemsOfFive[order % 5] as number
  let totalAmount = 0
  for (let item = 0; item < itemCount; item++) {
    const product = 1 + ((user + order + item * itemStride) % productCount)
    totalAmount += (1 + ((order + item) % 3)) * unitAmountOf(product)
  }
  const status = statusOf(user, order)
  return {
    status,
    version: (histories[status] as string[]).length,
    itemCount,
    totalAmount,
    refundedAmount: status === 'refunded' ? totalAmount : 0,
  }
}

/**
 * Returns the user's order numbers as GET /orders must list them: newest first, and at equal times the
 * greater id first.
 */
export function newestFirst(user: number): number[] {
  const numbers = Array.from({ length: orderCount(user) }, (_, index) => index + 1)
  const ages = new Map(numbers.map((order) => [order, age(user, order)]))
  return numbers.sort((a, b) => (ages.get(a) as number) - (ages.get(b) as number) || b - a)
}

/** In PostgreSQL's text form. */
export const createdAt = (user: number, order: number) =>
  fromMicroseconds(toMicroseconds(newest) - BigInt(age(user, order)))

/**
 * In microseconds. Every tenth order has the same time as the one before, so that a page must break ties by
 * id.
 */
function age(user: number, order: number): number {
  const moment = order % 10 === 0 ? order - 1 : order
  return (moment * strides.order + user * strides.user) % spanMicroseconds
}
