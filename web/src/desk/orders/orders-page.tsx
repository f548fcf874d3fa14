import { ShopError } from '@shop/client'
import { useMemo, useState } from 'preact/hooks'
import { Link, useLocation, useSearch } from 'wouter-preact'
import { usePlace } from '../parts/places.ts'
import { useShortcuts } from '../parts/shortcuts.ts'
import { Empty, Failed } from '../parts/states.tsx'
import { useTitle } from '../parts/title.ts'
import { rich, t } from '../texts/index.ts'
import { BulkDialog, type BulkVerb } from './bulk-dialog.tsx'
import { ExportMenu } from './export-menu.tsx'
import { FilterBar } from './filter-bar.tsx'
import { type Filters, readFilters, writeFilters } from './filters.ts'
import { moveFocus, OrdersTable, SkeletonTable, selectFocused } from './orders-table.tsx'
import { useOrders } from './use-orders.ts'

export function OrdersPage() {
  const search = useSearch()
  const filters = useMemo(() => readFilters(search), [search])
  // selection and dialogs belong to one view
  return <Orders key={writeFilters(filters)} filters={filters} />
}

function Orders({ filters }: { filters: Filters }) {
  const [, navigate] = useLocation()
  const { page, error, retry, news, show } = useOrders(filters)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [bulk, setBulk] = useState<BulkVerb>()
  const address = writeFilters(filters)
  useTitle(filters.q === undefined ? t('orders.title') : t('orders.found', { q: filters.q }))
  usePlace(page !== undefined, address)
  useShortcuts({
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    x: () => selectFocused(),
  })
  const open = (next: Filters) => navigate(`/desk/orders${writeFilters(next)}`)

  return (
    <>
      <div class="head">
        <h1>
          {filters.q === undefined ? t('orders.title') : rich('orders.found', { q: <bdi>{filters.q}</bdi> })}
        </h1>
        <div class="news" role="status">
          {news > 0 ? (
            <button type="button" class="pill" onClick={show}>
              {t('orders.news', { n: news })}
            </button>
          ) : null}
        </div>
        <ExportMenu filters={filters} />
      </div>
      <FilterBar filters={filters} open={open} />
      {page ? (
        <>
          {page.customersAreMissing ? <p class="notice">{t('orders.customersUnavailable')}</p> : null}
          {page.orders.length > 0 ? (
            <OrdersTable
              orders={page.orders}
              address={address}
              selected={selected}
              select={setSelected}
              start={setBulk}
            />
          ) : (
            <NothingFound filters={filters} />
          )}
          <Pages filters={filters} next={page.next} />
        </>
      ) : error ? (
        <>
          <Failed error={error} retry={retry} />
          {filters.cursor !== undefined && error instanceof ShopError && error.status === 400 ? (
            <Pages filters={filters} next={undefined} />
          ) : null}
        </>
      ) : (
        <SkeletonTable />
      )}
      {bulk && page ? (
        <BulkDialog
          verb={bulk}
          orders={page.orders.filter(({ id }) => selected.has(id))}
          close={() => setBulk(undefined)}
        />
      ) : null}
    </>
  )
}

function NothingFound({ filters }: { filters: Filters }) {
  if (filters.q !== undefined)
    return (
      <Empty>
        <p>{rich('search.nothing', { q: <bdi class="break">{filters.q}</bdi> })}</p>
        <p class="muted">{t('search.hint')}</p>
      </Empty>
    )
  if (writeFilters(filters) === '') return <Empty>{t('orders.none')}</Empty>
  return (
    <Empty>
      <p>{t('orders.empty')}</p>
      <Link class="button" href="/desk/orders">
        {t('orders.clear')}
      </Link>
    </Empty>
  )
}

function Pages({ filters, next }: { filters: Filters; next: Filters | undefined }) {
  const { cursor, before: _, ...first } = filters
  if (cursor === undefined && !next) return null
  return (
    <nav class="pages" aria-label={t('orders.pages')}>
      {cursor === undefined ? null : (
        <Link class="button" href={`/desk/orders${writeFilters(first)}`}>
          {t('orders.newer')}
        </Link>
      )}
      {next ? (
        <Link class="button" href={`/desk/orders${writeFilters(next)}`}>
          {t('orders.nextPage')}
        </Link>
      ) : null}
    </nav>
  )
}
