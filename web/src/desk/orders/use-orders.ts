import type { Answer, ListedOperatorOrder } from '@shop/client'
import { useQuery } from '@tanstack/preact-query'
import { preferences } from '../../ground/preferences.ts'
import { operator, queries } from '../shop.ts'
import { type Filters, listQuery, type OrdersQuery, searchQueries, writeFilters } from './filters.ts'

export type Page = {
  orders: ListedOperatorOrder[]
  next: Filters | undefined
  customersAreMissing: boolean
}

const pageSize = 50
const newsMs = 15_000

/** Returns the keys of a page: what is shown, and what has come since. */
const keysOf = (filters: Filters) => {
  const address = writeFilters(filters)
  return { shown: ['orders', address], fresh: ['orders-fresh', address] }
}

/**
 * Returns a page of orders. What happens while it is shown changes its rows where they are; new rows wait in `news`
 * until `show` is called, so that nothing moves under the pointer.
 */
export function useOrders(filters: Filters) {
  const keys = keysOf(filters)
  const queryFn = ({ signal }: { signal: AbortSignal }) => fetchPage(filters, signal)
  const shown = useQuery({ queryKey: keys.shown, queryFn, staleTime: Number.POSITIVE_INFINITY })
  const fresh = useQuery({
    queryKey: keys.fresh,
    queryFn,
    enabled: shown.data !== undefined,
    ...(shown.data && { initialData: shown.data, initialDataUpdatedAt: shown.dataUpdatedAt }),
    refetchInterval: newsMs,
    staleTime: newsMs - 5000,
  })
  return {
    page: shown.data && updated(shown.data, fresh.data),
    error: shown.error,
    isFetching: shown.isFetching,
    retry: () => void shown.refetch(),
    news: shown.data && fresh.data ? countNews(shown.data, fresh.data) : 0,
    show: () => queries.setQueryData(keys.shown, fresh.data),
  }
}

/** Loads a page, unless it is there. */
export function loadOrders(filters: Filters): Promise<Page> {
  return queries.fetchQuery({
    queryKey: keysOf(filters).shown,
    queryFn: ({ signal }) => fetchPage(filters, signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

type ChangedOrder = Pick<ListedOperatorOrder, 'id' | 'version' | 'status' | 'refundedAmount' | 'latePayment'>

/** Puts what an operator's own change has made of an order into the rows of all lists. */
export function updateRows(order: ChangedOrder): void {
  for (const queryKey of [['orders'], ['orders-fresh']])
    queries.setQueriesData<Page>(
      { queryKey },
      (page) => page && { ...page, orders: page.orders.map((row) => newer(row, order)) },
    )
}

function newer(row: ListedOperatorOrder, order: ChangedOrder | undefined): ListedOperatorOrder {
  if (order?.id !== row.id || order.version <= row.version) return row
  const { version, status, refundedAmount, latePayment } = order
  return { ...row, version, status, refundedAmount, latePayment }
}

function updated(shown: Page, fresh: Page | undefined): Page {
  const byId = new Map(fresh?.orders.map((order) => [order.id, order]))
  return { ...shown, orders: shown.orders.map((row) => newer(row, byId.get(row.id))) }
}

/** Returns how many rows would come or go. Rows that only moved to the next page do not count. */
function countNews(shown: Page, fresh: Page): number {
  const before = new Set(shown.orders.map(({ id }) => id))
  const now = new Set(fresh.orders.map(({ id }) => id))
  const end = fresh.next === undefined ? '' : (fresh.orders.at(-1)?.createdAt ?? '')
  const come = fresh.orders.filter(({ id }) => !before.has(id))
  const gone = shown.orders.filter(({ id, createdAt }) => !now.has(id) && createdAt >= end)
  return come.length + gone.length
}

async function fetchPage(filters: Filters, signal: AbortSignal): Promise<Page> {
  if (filters.q !== undefined) return search(filters.q, signal)
  const query = listQuery(filters, { timeZone: preferences.timeZone, now: Date.now() })
  const { data, meta } = await firstPage(query, signal)
  const before = filters.age === undefined ? undefined : query.createdTo
  const next = { ...filters, ...(before !== undefined && { before }), cursor: meta.nextCursor ?? '' }
  return {
    orders: data,
    next: meta.nextCursor === null ? undefined : next,
    customersAreMissing: meta.customers === 'unavailable',
  }
}

async function search(q: string, signal: AbortSignal): Promise<Page> {
  const pages = await Promise.all(searchQueries(q).map((query) => firstPage(query, signal)))
  const byId = new Map(pages.flatMap(({ data }) => data).map((order) => [order.id, order]))
  return {
    orders: [...byId.values()],
    next: undefined,
    customersAreMissing: pages.some(({ meta }) => meta.customers === 'unavailable'),
  }
}

async function firstPage(query: OrdersQuery, signal: AbortSignal): Promise<Answer<'listOrdersAsOperator'>> {
  for await (const page of operator.orders.list({ ...query, limit: pageSize, signal }).pages()) return page
  throw new Error('unreachable: there is always a first page')
}
