import { type OperatorOrder, ShopError } from '@shop/client'
import { useQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { Link, useSearch } from 'wouter-preact'
import { readFilters, writeFilters } from '../orders/filters.ts'
import { updateRows } from '../orders/use-orders.ts'
import { usePlace } from '../parts/places.ts'
import { Failed, Loading, NotFound } from '../parts/states.tsx'
import { Status } from '../parts/status.tsx'
import { useTitle } from '../parts/title.ts'
import { operator, queries, useCurrencies } from '../shop.ts'
import { t } from '../texts/index.ts'
import { Facts } from './facts.tsx'
import { History } from './history.tsx'
import { Items } from './items.tsx'
import { Neighbours } from './neighbours.tsx'
import { PackingSlip } from './packing-slip.tsx'
import { VerbDialog } from './verb-dialog.tsx'
import type { Money, Verb } from './verbs.ts'

/** The most common step first; what is rare or cannot be taken back last. */
const sequence: Verb[] = [
  'pay',
  'ship',
  'deliver',
  'track',
  'readdress',
  'note',
  'refund',
  'cancel',
  'revert',
]

export function OrderPage({ id }: { id: string }) {
  const key = ['order', id]
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => operator.orders.get(id, { signal }),
    // back in the window, what somebody else did meanwhile is there
    refetchOnWindowFocus: 'always',
    refetchInterval: 30_000,
  })
  const currencies = useCurrencies()
  const filters = readFilters(useSearch())
  const list = `/desk/orders${writeFilters(filters)}`
  useTitle(t('order.title', { number: data?.number ?? '' }))
  usePlace(data !== undefined, id)

  return (
    <>
      <div class="above">
        <Link href={list}>{t('order.back')}</Link>
        <Neighbours id={id} filters={filters} />
      </div>
      {data && currencies ? (
        <Order
          order={data}
          money={{
            digits: currencies.digitsOf(data.currency),
            format: (amount) => currencies.format(amount, data.currency),
          }}
          reload={async () => (await refetch()).data}
          changed={(order) => {
            queries.setQueryData(key, { ...data, ...order })
            updateRows(order)
            // with the history
            void refetch()
          }}
        />
      ) : error ? (
        error instanceof ShopError && [400, 404].includes(error.status) ? (
          <NotFound message={t('order.notFound')} />
        ) : (
          <Failed error={error} retry={refetch} />
        )
      ) : (
        <Loading rows={12} />
      )}
    </>
  )
}

type OrderProps = {
  order: OperatorOrder
  money: Money
  reload: () => Promise<OperatorOrder | undefined>
  changed: (order: Omit<OperatorOrder, 'history' | 'customer'>) => void
}

function Order({ order, money, reload, changed }: OrderProps) {
  const [verb, setVerb] = useState<Verb>()
  const [said, setSaid] = useState('')
  const verbs = sequence.filter((each) => order.actions.includes(each))
  return (
    <article class="order">
      <header class="head">
        <h1>
          <span class="unseen">{t('order.title', { number: '' })}</span>
          <span class="mono">{order.number}</span>
        </h1>
        <Status of={order.status} late={order.latePayment} />
        <b class="amount">{money.format(order.totalAmount)}</b>
        <button type="button" class="end-of-row" onClick={() => print()}>
          {t('order.print')}
        </button>
      </header>
      <div class="verbs" role="group" aria-label={t('order.actions')}>
        {verbs.map((each, i) => (
          <button
            key={each}
            type="button"
            class={i === 0 && each !== 'note' ? 'primary' : ''}
            onClick={() => setVerb(each)}
          >
            {t(`verb.${each}`)}
          </button>
        ))}
      </div>
      <p class="said" role="status">
        {said}
      </p>
      <div class="columns">
        <div class="stack wide">
          <Items order={order} format={money.format} />
          <section aria-labelledby="history">
            <h2 id="history">{t('order.history')}</h2>
            <History events={order.history} money={money.format} />
          </section>
        </div>
        <Facts order={order} />
      </div>
      {verb ? (
        <VerbDialog
          verb={verb}
          order={order}
          money={money}
          reload={reload}
          close={() => setVerb(undefined)}
          done={(next) => {
            changed(next)
            setSaid(t('form.done', { what: t(`verb.${verb}`) }))
            setVerb(undefined)
          }}
        />
      ) : null}
      <PackingSlip order={order} />
    </article>
  )
}
