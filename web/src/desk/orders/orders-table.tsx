import type { ListedOperatorOrder } from '@shop/client'
import { Link } from 'wouter-preact'
import { Time } from '../../ground/times.tsx'
import { NoName } from '../order/facts.tsx'
import { Status } from '../parts/status.tsx'
import { useCurrencies } from '../shop.ts'
import { t } from '../texts/index.ts'
import type { BulkVerb } from './bulk-dialog.tsx'

type Selection = {
  selected: ReadonlySet<string>
  select: (ids: ReadonlySet<string>) => void
}

type TableProps = Selection & {
  orders: ListedOperatorOrder[]
  /** The filters, which stay in the address of an order, for the one before and after it. */
  address: string
  start: (verb: BulkVerb) => void
}

// The roles are named, because cards on small screens would take them from the elements.

export function OrdersTable({ orders, address, selected, select, start }: TableProps) {
  const currencies = useCurrencies()
  return (
    <table class="table orders" role="table" aria-label={t('orders.title')}>
      {/* the columns keep their widths when the header is replaced */}
      <colgroup>
        <col class="col-check" />
        <col />
        <col class="col-status" />
        <col />
        <col class="col-when" />
        <col class="col-total" />
      </colgroup>
      <Head orders={orders} selected={selected} select={select} start={start} />
      <tbody role="rowgroup">
        {orders.map((order) => (
          <Row
            key={order.id}
            order={order}
            address={address}
            money={currencies?.format}
            isSelected={selected.has(order.id)}
            toggle={() => select(toggled(selected, order.id))}
          />
        ))}
      </tbody>
    </table>
  )
}

/** While orders are selected, it says so in the same place, so that nothing shifts. */
function Head({ orders, selected, select, start }: Omit<TableProps, 'address'>) {
  return (
    <thead role="rowgroup">
      <tr role="row" class={selected.size > 0 ? 'bulk' : undefined}>
        <th role="columnheader" class="check">
          <label>
            <input
              type="checkbox"
              aria-label={t('orders.selectAll')}
              checked={selected.size === orders.length}
              ref={(element) => {
                if (element) element.indeterminate = selected.size > 0 && selected.size < orders.length
              }}
              onChange={({ currentTarget }) =>
                select(new Set(currentTarget.checked ? orders.map(({ id }) => id) : []))
              }
            />
            <span>{t('orders.selectAll')}</span>
          </label>
        </th>
        {selected.size > 0 ? (
          <th role="columnheader" colSpan={5}>
            <div class="row">
              <span role="status">{t('orders.selected', { n: selected.size })}</span>
              <button type="button" onClick={() => start('ship')}>
                {t('bulk.ship')}
              </button>
              <button type="button" onClick={() => start('deliver')}>
                {t('bulk.deliver')}
              </button>
              <button type="button" class="quiet" onClick={() => select(new Set())}>
                {t('orders.unselect')}
              </button>
            </div>
          </th>
        ) : (
          <>
            <th role="columnheader">{t('orders.order')}</th>
            <th role="columnheader">{t('orders.status')}</th>
            <th role="columnheader">{t('orders.customer')}</th>
            <th role="columnheader">{t('orders.placed')}</th>
            <th role="columnheader" class="end">
              {t('orders.total')}
            </th>
          </>
        )}
      </tr>
    </thead>
  )
}

function CustomerName({ of: customer }: { of: ListedOperatorOrder['customer'] }) {
  if (!customer) return <span class="muted">{t('orders.noCustomer')}</span>
  return customer.name === null ? <NoName /> : <bdi>{customer.name}</bdi>
}

type RowProps = {
  order: ListedOperatorOrder
  address: string
  money: ((amount: number, currency: string) => string) | undefined
  isSelected: boolean
  toggle: () => void
}

function Row({ order, address, money, isSelected, toggle }: RowProps) {
  const { id, number, productName, itemCount, customer, totalAmount, refundedAmount, currency } = order
  return (
    <tr role="row" aria-selected={isSelected}>
      <td role="cell" class="check">
        <input
          type="checkbox"
          aria-label={t('orders.select', { number })}
          checked={isSelected}
          onChange={toggle}
        />
      </td>
      <td role="cell" class="what">
        <Link class="cover mono" href={`/desk/orders/${id}${address}`} data-place={id}>
          {number}
        </Link>
        <div class="muted small cut">
          <bdi>{productName}</bdi> {itemCount > 1 ? t('orders.more', { n: itemCount - 1 }) : null}
        </div>
      </td>
      <td role="cell" class="state-of">
        <Status of={order.status} late={order.latePayment} />
      </td>
      <td role="cell" class="who">
        <div class="cut">
          <CustomerName of={customer} />
        </div>
        <div class="muted small cut">{customer ? <bdi>{customer.email}</bdi> : null}</div>
      </td>
      <td role="cell" class="when">
        <Time at={order.createdAt} />
      </td>
      <td role="cell" class="end amount">
        <bdi>{money?.(totalAmount, currency)}</bdi>
        <div class="muted small">
          {refundedAmount > 0 && money ? (
            <bdi>{t('orders.refunded', { amount: money(refundedAmount, currency) })}</bdi>
          ) : null}
        </div>
      </td>
    </tr>
  )
}

/** Takes the room of a page of orders. */
export function SkeletonTable() {
  return (
    <div class="skeleton rows" role="status">
      <span class="unseen">{t('state.loading')}</span>
      {Array.from({ length: 12 }, (_, i) => (
        <div key={i} />
      ))}
    </div>
  )
}

function toggled(selected: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(selected)
  if (!next.delete(id)) next.add(id)
  return next
}

const links = () => [...document.querySelectorAll<HTMLElement>('.orders tbody a.cover')]

/** Moves the focus to the next order of the list, or to its first one. */
export function moveFocus(step: 1 | -1): void {
  const all = links()
  const row = document.activeElement?.closest('tr')
  const now = all.findIndex((link) => link.closest('tr') === row)
  const next = now === -1 ? 0 : Math.min(Math.max(now + step, 0), all.length - 1)
  all[next]?.focus()
  all[next]?.scrollIntoView({ block: 'nearest' })
}

export function selectFocused(): void {
  document.activeElement?.closest('.orders tbody tr')?.querySelector<HTMLElement>('.check input')?.click()
}
