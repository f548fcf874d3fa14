import { dateLocale } from './preferences.ts'

// Days are dates without a time, so they are formatted as at noon in UTC, wherever the reader is.
const short = new Intl.DateTimeFormat(dateLocale, { timeZone: 'UTC', day: 'numeric', month: 'short' })
const long = new Intl.DateTimeFormat(dateLocale, { timeZone: 'UTC', dateStyle: 'medium' })
const noon = (day: string) => new Date(`${day}T12:00:00Z`)

/** Returns a day such as 2026-03-29 as people write it, without the year. */
export const formatDay = (day: string) => short.format(noon(day))

/** The same with the year. */
export const formatDate = (day: string) => long.format(noon(day))
