import type { TextQueryable } from '@shop/service/database/database'
import type { ErrorDetail } from '@shop/service/errors'
import { throwIfInvalid } from '@shop/service/validation'
import { isDate } from '../instants.ts'
import { countDays, firstDate, isTimeZone, lastDate, localDays } from '../local-days.ts'
import { remember } from '../remember.ts'

export type StatsRange = {
  /** YYYY-MM-DD; the first day. */
  from: string
  /** YYYY-MM-DD; the last day. */
  to: string
  /** IANA time zone, in which days begin and end. */
  tz: string
}

/** How many orders or payments, and their sum in minor units. */
export type Total = { count: number; amount: number }

export type CurrencyTotals = { currency: string; placed: Total; paid: Total; refunded: Total }

export type DayTotals = { date: string; startsAt: string; endsAt: string; currencies: CurrencyTotals[] }

export type Stats = { days: DayTotals[]; computedAt: string }

export type StatsRepository = ReturnType<typeof createStatsRepository>

export const maxDays = 92

/** Results kept in this process: a few operators look at a few ranges. */
const maxEntries = 100

/** Give it a pool: a range of busy days takes longer than others should wait in a pipeline. */
export function createStatsRepository(db: TextQueryable, { now }: { now?: () => number } = {}) {
  async function compute(range: StatsRange): Promise<Stats> {
    const computedAt = new Date().toISOString()
    const days = localDays(range).map(({ date, startsAt, endsAt }) => ({
      date,
      startsAt: startsAt.toISOString(),
      endsAt: endsAt.toISOString(),
      currencies: [] as CurrencyTotals[],
    }))
    const times = (name: 'startsAt' | 'endsAt') => `{${days.map((day) => day[name]).join()}}`
    const rows = await db.queryTexts({ ...selectStats, values: [times('startsAt'), times('endsAt')] })
    for (const [day, kind, currency, count, amount] of rows as StatsTexts[]) {
      const { currencies } = days[Number(day) - 1] as DayTotals
      totalsOf(currencies, currency)[kind] = { count: Number(count), amount: Number(amount) }
    }
    for (const { currencies } of days)
      currencies.sort((one, other) => (one.currency < other.currency ? -1 : 1))
    return { days, computedAt }
  }

  const remembered = remember(compute, {
    keyOf: ({ from, to, tz }) => `${from} ${to} ${tz}`,
    forMs: 60_000,
    maxEntries,
    ...(now && { now }),
  })

  return {
    /**
     * Returns the orders and the money of each day from `from` to `to`, both included, per currency; at most a minute
     * old. Throws ValidationError.
     */
    async findStats(range: StatsRange): Promise<Stats> {
      throwIfInvalid(rangeErrors(range))
      return remembered(range)
    },
  }
}

type StatsTexts = [
  day: string,
  kind: 'placed' | 'paid' | 'refunded',
  currency: string,
  count: string,
  amount: string,
]

const none: Total = { count: 0, amount: 0 }

function totalsOf(currencies: CurrencyTotals[], currency: string): CurrencyTotals {
  const existing = currencies.find((totals) => totals.currency === currency)
  if (existing) return existing
  const totals = { currency, placed: none, paid: none, refunded: none }
  currencies.push(totals)
  return totals
}

/**
 * Reads orders_placed_idx and order_events_money_idx alone, a range of each for each day. The service computes where
 * days begin, so that no row's time is converted.
 */
const selectStats = {
  name: 'select-stats',
  text: `
    SELECT day.number, moved.kind, moved.currency, moved.count, moved.amount
    FROM ROWS FROM (unnest($1::timestamptz[]), unnest($2::timestamptz[]))
      WITH ORDINALITY AS day (starts_at, ends_at, number)
    CROSS JOIN LATERAL (
      SELECT 'placed' AS kind, currency, count(*) AS count, sum(total_amount) AS amount
      FROM orders
      WHERE created_at >= day.starts_at AND created_at < day.ends_at
      GROUP BY currency
      UNION ALL
      SELECT CASE type WHEN 'refunded' THEN 'refunded' ELSE 'paid' END AS kind, currency, count(*), sum(amount)
      FROM order_events
      WHERE amount IS NOT NULL AND at >= day.starts_at AND at < day.ends_at
      GROUP BY 1, 2
    ) AS moved`,
}

function rangeErrors({ from, to, tz }: StatsRange): ErrorDetail[] {
  const isSupported = (date: string) => isDate(date) && date >= firstDate && date <= lastDate
  const errors: ErrorDetail[] = Object.entries({ from, to })
    .filter(([, date]) => !isSupported(date))
    .map(([parameter]) => ({ parameter, detail: `must be a date from ${firstDate} to ${lastDate}` }))
  if (!isTimeZone(tz))
    errors.push({ parameter: 'tz', detail: 'must be an IANA time zone like Europe/Berlin' })
  if (errors.length > 0) return errors
  const days = countDays(from, to)
  if (days < 1) return [{ parameter: 'to', detail: 'must not be before from' }]
  if (days > maxDays) return [{ parameter: 'to', detail: `must be within ${maxDays} days, both included` }]
  return []
}
