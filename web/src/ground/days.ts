// Days of a time zone: they begin at its midnight, and have 23 or 25 hours when its clocks change.

/** Returns the day of a moment in a time zone, such as 2026-03-29. */
export function dayOf(moment: Date, timeZone: string): string {
  // Swedish writes dates as ISO 8601 does
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(moment)
}

/** Returns the day that is `count` days after another. */
export function addDays(day: string, count: number): string {
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() + count)
  return date.toISOString().slice(0, 10)
}

/** Returns the moment at which a day begins in a time zone: its first, where midnight comes twice or never. */
export function startOfDay(day: string, timeZone: string): Date {
  // No zone is further from UTC than 14 hours: the day begins between these two.
  let before = Date.parse(`${day}T00:00:00Z`) - 15 * 3_600_000
  let after = before + 30 * 3_600_000
  while (after - before > 1000) {
    const middle = Math.floor((before + after) / 2000) * 1000
    if (dayOf(new Date(middle), timeZone) < day) before = middle
    else after = middle
  }
  return new Date(after)
}
