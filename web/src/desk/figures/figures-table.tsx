import { formatDay } from '../../ground/format-day.ts'
import { useCurrencies } from '../shop.ts'
import { t } from '../texts/index.ts'
import { currenciesOf, moneyByDay, placedByDay, type Stats } from './figures.ts'

/** The same as the plots, newest day first. */
export function FiguresTable({ stats }: { stats: Stats }) {
  const currencies = useCurrencies()
  const placed = placedByDay(stats.data)
  const moved = currencies ? currenciesOf(stats.data) : []
  const money = moved.map((currency) => ({ currency, ...moneyByDay(stats.data, currency) }))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <div class="scrolls" role="region" aria-label={t('figures.title')} tabIndex={0}>
      <table class="table days">
        <thead>
          <tr>
            <th scope="col">{t('figures.day')}</th>
            <th scope="col" class="end">
              {t('figures.placed')}
            </th>
            {money.flatMap(({ currency }) =>
              (['paid', 'refunded'] as const).map((kind) => (
                <th key={currency + kind} scope="col" class="end">
                  {t(`figures.${kind}`)} {currency}
                </th>
              )),
            )}
          </tr>
        </thead>
        <tbody>
          {stats.data
            .map(({ date }, i) => (
              <tr key={date}>
                <th scope="row">{formatDay(date)}</th>
                <td class="end amount">{placed[i]}</td>
                {money.flatMap(({ currency, paid, refunded }) =>
                  [paid, refunded].map((values, kind) => (
                    <td key={`${currency}${kind}`} class="end amount">
                      <bdi>{currencies?.format(values[i] ?? 0, currency)}</bdi>
                    </td>
                  )),
                )}
              </tr>
            ))
            .toReversed()}
        </tbody>
      </table>
    </div>
  )
}
