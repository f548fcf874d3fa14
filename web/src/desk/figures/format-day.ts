import { dateLocale } from '../../ground/preferences.ts'

const format = new Intl.DateTimeFormat(dateLocale, { timeZone: 'UTC', day: 'numeric', month: 'short' })

/** Returns a day such as 2026-03-29 as people write it. */
export const formatDay = (day: string) => (day === '' ? '' : format.format(new Date(`${day}T12:00:00Z`)))
