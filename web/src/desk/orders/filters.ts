import type { OrderStatus, operations } from '@shop/client'
import { addDays, startOfDay } from '../../ground/days.ts'

export const statuses = ['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'] as const

/** Which orders a list shows. All of it is in the address, so that a view can be sent to a colleague. */
export type Filters = {
  /** What somebody searched for; then nothing else filters. */
  q?: string
  status?: OrderStatus[]
  email?: string
  user?: string
  product?: string
  late?: boolean
  /** First and last day on which orders were placed, such as 2026-03-29. */
  from?: string
  to?: string
  /** Placed at least so many days ago. */
  age?: number
  /** Replaces `age` on further pages, so that its end stays where it was. */
  before?: string
  cursor?: string
}

export type OrdersQuery = NonNullable<operations['listOrdersAsOperator']['parameters']['query']>

const day = /^\d{4}-\d\d-\d\d$/

const isMoment = (text: string | undefined) =>
  text !== undefined && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text))

export function readFilters(search: string): Filters {
  const parameters = new URLSearchParams(search)
  const text = (name: string) => parameters.get(name)?.trim() || undefined
  const date = (name: string) => {
    const value = text(name)
    return value && day.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined
  }
  const q = text('q')
  const age = Number(text('age'))
  const wanted = text('status')?.split(',') ?? []
  const status = statuses.filter((each) => wanted.includes(each))
  return withoutAbsent(
    q !== undefined
      ? { q }
      : {
          status: status.length > 0 ? status : undefined,
          email: text('email'),
          user: text('user'),
          product: text('product'),
          late: text('late') === 'true' || undefined,
          from: date('from'),
          to: date('to'),
          age: Number.isInteger(age) && age > 0 && age < 3660 ? age : undefined,
          before: isMoment(text('before')) ? text('before') : undefined,
          cursor: text('cursor'),
        },
  )
}

/** Returns the filters as they stand in an address: with `?`, or empty. Equal filters give equal texts. */
export function writeFilters(filters: Filters): string {
  const { q, status, email, user, product, late, from, to, age, before, cursor } = filters
  const entries = { q, status: status?.join(','), email, user, product, late, from, to, age, before, cursor }
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(entries))
    if (value !== undefined && value !== '') parameters.set(name, String(value))
  // a comma needs no escape
  const text = parameters.toString().replaceAll('%2C', ',')
  return text === '' ? '' : `?${text}`
}

/**
 * Returns the filters with a change, on the first page: whatever cannot be combined with it is left out, as the index
 * of the API answers a product, and late payments, with dates only.
 */
export function changeFilters(filters: Filters, change: Filters): Filters {
  const { q: _, cursor: __, before: ___, ...kept } = filters
  const { from, to, age } = { ...kept, ...change }
  const dates = { from, to, age }
  if (change.late) return withoutAbsent({ late: true, ...dates })
  if (change.product) return withoutAbsent({ product: change.product, ...dates })
  const { product, late, ...others } = kept
  const isAboutOthers = change.status?.length || change.email || change.user
  const alone = isAboutOthers ? {} : { product, late }
  const byUser = change.email ? { user: undefined } : change.user ? { email: undefined } : {}
  return withoutAbsent({ ...others, ...alone, ...byUser, ...change })
}

function withoutAbsent(filters: { [Name in keyof Filters]: Filters[Name] | undefined }): Filters {
  const present = Object.entries(filters).filter(
    ([, value]) =>
      value !== undefined && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0),
  )
  return Object.fromEntries(present)
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Returns the queries that answer what somebody searched for: a number may also be a tracking number. */
export function searchQueries(q: string): OrdersQuery[] {
  if (q.includes('@')) return [{ email: q }]
  if (uuid.test(q)) return [{ id: q }]
  const number = q.replace(/[-\s]/g, '')
  const byTracking = { trackingNumber: q }
  return /^[0-9A-TV-Z]{4,10}$/i.test(number) ? [{ number }, byTracking] : [byTracking]
}

/** Returns the query of filters other than a search, for days of a time zone. */
export function listQuery(
  filters: Filters,
  { timeZone, now }: { timeZone: string; now: number },
): OrdersQuery {
  const { status, email, user, product, late, from, to, age, before, cursor } = filters
  const ends = [
    to !== undefined ? startOfDay(addDays(to, 1), timeZone).getTime() : Number.POSITIVE_INFINITY,
    before !== undefined
      ? Date.parse(before)
      : age !== undefined
        ? now - age * 86_400_000
        : Number.POSITIVE_INFINITY,
  ]
  const end = Math.min(...ends)
  return {
    ...(status && { status: status.join(',') }),
    ...(email !== undefined && { email }),
    ...(user !== undefined && { userId: user }),
    ...(product !== undefined && { productId: product }),
    ...(late && { latePayment: 'true' as const }),
    ...(from !== undefined && { createdFrom: startOfDay(from, timeZone).toISOString() }),
    ...(end < Number.POSITIVE_INFINITY && { createdTo: new Date(end).toISOString() }),
    ...(cursor !== undefined && { cursor }),
  }
}
