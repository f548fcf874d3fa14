import { useQuery } from '@tanstack/preact-query'
import { Link, useLocation } from 'wouter-preact'
import { type Filters, writeFilters } from '../orders/filters.ts'
import { loadOrders } from '../orders/use-orders.ts'
import { useShortcuts } from '../parts/shortcuts.ts'
import { t } from '../texts/index.ts'

/** The order before and after this one in the list that it was opened from. */
export function Neighbours({ id, filters }: { id: string; filters: Filters }) {
  const [, navigate] = useLocation()
  const { data } = useQuery({
    queryKey: ['neighbours', writeFilters(filters), id],
    queryFn: () => neighboursOf(id, filters),
  })
  useShortcuts({
    k: () => data?.previous && navigate(data.previous),
    j: () => data?.next && navigate(data.next),
  })
  return (
    <nav class="row" aria-label={t('order.neighbours')}>
      <Step to={data?.previous} name={t('order.previous')} sign="↑" />
      <Step to={data?.next} name={t('order.next')} sign="↓" />
    </nav>
  )
}

function Step({ to, name, sign }: { to: string | undefined; name: string; sign: string }) {
  return to === undefined ? (
    <span class="button" aria-hidden="true" aria-disabled="true">
      {sign}
    </span>
  ) : (
    <Link class="button" href={to} title={name} aria-label={name}>
      {sign}
    </Link>
  )
}

async function neighboursOf(id: string, filters: Filters) {
  const { orders, next } = await loadOrders(filters)
  const place = orders.findIndex((order) => order.id === id)
  if (place === -1) return {}
  const address = (order: { id: string } | undefined, within: Filters) =>
    order && `/desk/orders/${order.id}${writeFilters(within)}`
  const isLast = place === orders.length - 1
  return {
    previous: address(orders[place - 1], filters),
    next:
      isLast && next
        ? address((await loadOrders(next)).orders[0], next)
        : address(orders[place + 1], filters),
  }
}
