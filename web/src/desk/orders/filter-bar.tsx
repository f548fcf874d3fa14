import { useEffect, useRef } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { formatDate } from '../../ground/format-day.ts'
import { t } from '../texts/index.ts'
import { changeFilters, type Filters, statuses, writeFilters } from './filters.ts'

const presets = [
  ['orders.all', {}],
  ['orders.toShip', { status: ['paid'] }],
  ['orders.unpaid', { status: ['pending'], age: 1 }],
  ['orders.late', { late: true }],
] as const satisfies readonly (readonly [string, Filters])[]

type Props = { filters: Filters; open: (filters: Filters) => void }

export function FilterBar({ filters, open }: Props) {
  const { cursor: _, before: __, ...view } = filters
  return (
    <div class="filters">
      <nav class="tabs" aria-label={t('orders.presets')}>
        {presets.map(([key, preset]) => {
          const address = writeFilters(preset)
          const isCurrent = address === writeFilters(view)
          return (
            <Link
              key={key}
              href={`/desk/orders${address}`}
              data-place={key}
              aria-current={isCurrent ? 'page' : undefined}
            >
              {t(key)}
            </Link>
          )
        })}
      </nav>
      <div class="chips">
        <FilterForm filters={filters} open={open} />
        <Chips filters={filters} />
      </div>
    </div>
  )
}

/** What filters, as links that take it away. */
function Chips({ filters }: { filters: Filters }) {
  const { status = [], email, user, product, late, from, to, age } = filters
  const without = (change: { [Name in keyof Filters]: Filters[Name] | undefined }) =>
    changeFilters(filters, change as Filters)
  const chips: (readonly [string, Filters])[] = [
    ...status.map(
      (each) => [t(`status.${each}`), without({ status: status.filter((other) => other !== each) })] as const,
    ),
    ...(late ? [[t('orders.late'), without({ late: undefined })] as const] : []),
    ...(age ? [[t('orders.age', { n: age }), without({ age: undefined })] as const] : []),
    ...(from ? [[`${t('orders.from')} ${formatDate(from)}`, without({ from: undefined })] as const] : []),
    ...(to ? [[`${t('orders.to')} ${formatDate(to)}`, without({ to: undefined })] as const] : []),
    ...(email ? [[email, without({ email: undefined })] as const] : []),
    ...(user ? [[`${t('orders.customer')} ${user}`, without({ user: undefined })] as const] : []),
    ...(product ? [[`${t('order.product')} ${product}`, without({ product: undefined })] as const] : []),
  ]
  return chips.map(([name, next]) => (
    <Link
      key={name}
      class="chip"
      href={`/desk/orders${writeFilters(next)}`}
      aria-label={t('orders.without', { filter: name })}
    >
      <bdi class="cut">{name}</bdi>
      <span aria-hidden="true">×</span>
    </Link>
  ))
}

function FilterForm({ filters, open }: Props) {
  const details = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    const close = (event: Event) => {
      const isEscape = event instanceof KeyboardEvent && event.key === 'Escape'
      const isOutside = event.type === 'pointerdown' && !details.current?.contains(event.target as Node)
      if (details.current && (isEscape || isOutside)) details.current.open = false
    }
    addEventListener('pointerdown', close)
    addEventListener('keydown', close)
    return () => {
      removeEventListener('pointerdown', close)
      removeEventListener('keydown', close)
    }
  }, [])

  function submit(event: SubmitEvent) {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string) => String(data.get(name)).trim()
    const chosen = data.getAll('status')
    const change: Filters = {
      status: statuses.filter((each) => chosen.includes(each)),
      email: text('email'),
      product: text('product'),
      from: text('from'),
      to: text('to'),
    }
    open(changeFilters(filters, change))
  }

  return (
    <details class="menu" ref={details}>
      <summary class="button">{t('orders.filters')}</summary>
      <form class="panel stack" onSubmit={submit}>
        <fieldset>
          <legend>{t('orders.status')}</legend>
          <div class="choices">
            {statuses.map((each) => (
              <label key={each}>
                <input
                  type="checkbox"
                  name="status"
                  value={each}
                  checked={filters.status?.includes(each) ?? false}
                />
                <span class={`dot ${each}`} aria-hidden="true" />
                {t(`status.${each}`)}
              </label>
            ))}
          </div>
        </fieldset>
        <div class="pair">
          <label class="field">
            <span>{t('orders.from')}</span>
            <input type="date" name="from" value={filters.from ?? ''} />
          </label>
          <label class="field">
            <span>{t('orders.to')}</span>
            <input type="date" name="to" value={filters.to ?? ''} />
          </label>
        </div>
        <label class="field">
          <span>{t('orders.email')}</span>
          <input type="email" name="email" value={filters.email ?? ''} autocomplete="off" />
        </label>
        <label class="field">
          <span>{t('orders.product')}</span>
          <input name="product" value={filters.product ?? ''} autocomplete="off" spellcheck={false} />
        </label>
        <p class="muted small">{t('orders.alone')}</p>
        <div class="row">
          <button type="submit" class="primary">
            {t('orders.apply')}
          </button>
          <Link class="button" href="/desk/orders">
            {t('orders.clear')}
          </Link>
        </div>
      </form>
    </details>
  )
}
