import type { Answer } from '@shop/client'

export type Stats = Answer<'getStats'>
export type Day = Stats['data'][number]

/** Returns how many orders were placed on each day, in all currencies: orders can be added, money cannot. */
export function placedByDay(days: readonly Day[]): number[] {
  return days.map(({ currencies }) => currencies.reduce((sum, { placed }) => sum + placed.count, 0))
}

/** Returns the currencies in which money moved, those with the most payments first. */
export function currenciesOf(days: readonly Day[]): string[] {
  const counts = new Map<string, number>()
  for (const { currencies } of days)
    for (const { currency, paid, refunded } of currencies)
      if (paid.count + refunded.count > 0)
        counts.set(currency, (counts.get(currency) ?? 0) + paid.count + refunded.count)
  return [...counts.keys()].sort((a, b) => (counts.get(b) as number) - (counts.get(a) as number))
}

/** Returns what was paid and refunded in one currency on each day, in its minor units. */
export function moneyByDay(days: readonly Day[], currency: string): { paid: number[]; refunded: number[] } {
  const of = (day: Day) => day.currencies.find((each) => each.currency === currency)
  return {
    paid: days.map((day) => of(day)?.paid.amount ?? 0),
    refunded: days.map((day) => of(day)?.refunded.amount ?? 0),
  }
}

/** Returns a round number that is at least as large as all values: 1, 2 or 5 times a power of ten. */
export function ceilingOf(values: readonly number[]): number {
  const largest = Math.max(1, ...values)
  const power = 10 ** Math.floor(Math.log10(largest))
  return ([1, 2, 5, 10].find((factor) => factor * power >= largest) as number) * power
}
