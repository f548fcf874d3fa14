import { useQuery } from '@tanstack/preact-query'
import { useState } from 'preact/hooks'
import { addDays, dayOf } from '../../ground/days.ts'
import { formatDay } from '../../ground/format-day.ts'
import { dateLocale, preferences } from '../../ground/preferences.ts'
import { formatExact } from '../../ground/times.tsx'
import { usePlace } from '../parts/places.ts'
import { Empty, Failed, Loading } from '../parts/states.tsx'
import { useTitle } from '../parts/title.ts'
import { operator, useCurrencies } from '../shop.ts'
import { t } from '../texts/index.ts'
import { currenciesOf, moneyByDay, placedByDay, type Stats } from './figures.ts'
import { FiguresTable } from './figures-table.tsx'
import { Plot } from './plot.tsx'
import '../../style/figures.css'

const dayCount = 30

const counts = new Intl.NumberFormat(dateLocale)

export function FiguresPage() {
  const { timeZone } = preferences
  const to = dayOf(new Date(), timeZone)
  const from = addDays(to, 1 - dayCount)
  const { data, error, refetch } = useQuery({
    queryKey: ['figures', from, to, timeZone],
    queryFn: ({ signal }) => operator.stats({ from, to, tz: timeZone }, { signal }),
    refetchInterval: 60_000,
  })
  const [isTable, setTable] = useState(false)
  useTitle(t('figures.title'))
  usePlace(data !== undefined, 'figures')
  return (
    <>
      <div class="head">
        <h1>{t('figures.title')}</h1>
        <button type="button" class="end-of-row" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          {t(isTable ? 'figures.plot' : 'figures.table')}
        </button>
      </div>
      <p class="muted">{t('figures.zone', { zone: timeZone })}</p>
      {data ? (
        <>
          {isTable ? <FiguresTable stats={data} /> : <Plots stats={data} />}
          <p class="muted small">{t('figures.computed', { when: formatExact(data.meta.computedAt) })}</p>
        </>
      ) : error ? (
        <Failed error={error} retry={refetch} />
      ) : (
        <Loading rows={9} />
      )}
    </>
  )
}

function Plots({ stats }: { stats: Stats }) {
  const currencies = useCurrencies()
  const days = stats.data.map(({ date }) => date)
  const placed = placedByDay(stats.data)
  const sum = placed.reduce((total, count) => total + count, 0)
  const moved = currenciesOf(stats.data)
  if (sum === 0 && moved.length === 0) return <Empty>{t('figures.empty')}</Empty>
  return (
    <div class="plots">
      <section>
        <h2>{t('figures.placed')}</h2>
        <p class="total">{t('figures.sumPlaced', { n: sum })}</p>
        <Plot
          label={`${t('figures.placed')}: ${t('figures.sumPlaced', { n: sum })}`}
          days={days}
          series={[{ name: t('figures.placed'), values: placed, kind: 'main' }]}
          format={counts.format}
          formatDay={formatDay}
        />
      </section>
      {currencies
        ? moved.map((currency) => {
            const { paid, refunded } = moneyByDay(stats.data, currency)
            const total = (values: number[]) => values.reduce((all, each) => all + each, 0)
            const format = (amount: number) => currencies.format(amount, currency)
            const says = `${t('figures.paid')} ${format(total(paid))}, ${t('figures.refunded')} ${format(total(refunded))}`
            const title = t('figures.money', { currency })
            return (
              <section key={currency}>
                <h2>{title}</h2>
                <p class="total">{says}</p>
                <Plot
                  label={`${title}: ${says}`}
                  days={days}
                  series={[
                    { name: t('figures.paid'), values: paid, kind: 'main' },
                    { name: t('figures.refunded'), values: refunded, kind: 'other' },
                  ]}
                  format={format}
                  formatDay={formatDay}
                />
              </section>
            )
          })
        : null}
    </div>
  )
}
