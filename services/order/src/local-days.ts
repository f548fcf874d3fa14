/** A day in a time zone: 23 or 25 hours long where the clocks change. */
export type LocalDay = { date: string; startsAt: Date; endsAt: Date }

/** The dates that are supported: names of zones mean little before, and years have four digits. */
export const firstDate = '1970-01-01'
export const lastDate = '2999-12-31'

/** A name of the IANA time zone database, like Europe/Berlin or UTC; Intl alone would also accept +01:00. */
export const zonePattern = '^[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}$'

export function isTimeZone(name: string): boolean {
  if (!new RegExp(zonePattern).test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** Returns how many days there are from one date to another, both included. */
export const countDays = (from: string, to: string): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / dayMs) + 1

/** Returns the days from one date to another, both included, in the time zone `tz`. */
export function localDays({ from, to, tz }: { from: string; to: string; tz: string }): LocalDay[] {
  const dateOf = dateFormatter(tz)
  const dates = Array.from({ length: countDays(from, to) }, (_, index) => addDays(from, index))
  const starts = [...dates, addDays(to, 1)].map((date) => startOfDay(date, dateOf))
  return dates.map((date, index) => ({
    date,
    startsAt: starts[index] as Date,
    endsAt: starts[index + 1] as Date,
  }))
}

const dayMs = 24 * 60 * 60 * 1000

const addDays = (date: string, days: number) =>
  new Date(Date.parse(date) + days * dayMs).toISOString().slice(0, 10)

/** Swedish dates are written as in ISO 8601. */
function dateFormatter(timeZone: string): (second: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone })
  return (second) => format.format(second * 1000)
}

/**
 * Returns the first moment of a date: not always midnight, which some zones skip when the clocks change. Where they went
 * back across midnight (until 2010, in Newfoundland), it is one of the two midnights. No zone is further from UTC than 14
 * hours.
 */
function startOfDay(date: string, dateOf: (second: number) => string): Date {
  const midnight = Date.parse(date) / 1000
  let before = midnight - 15 * 3600
  let within = midnight + 15 * 3600
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2)
    if (dateOf(middle) < date) before = middle
    else within = middle
  }
  return new Date(within * 1000)
}
