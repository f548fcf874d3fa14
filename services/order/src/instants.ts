import { fromMicroseconds } from '@shop/service/database/timestamp'
import { Type } from 'typebox'

const instantPattern =
  /^(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,6}))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/

/** A point in time in RFC 3339 with any zone, to the microsecond, as PostgreSQL stores it. */
export const Instant = Type.String({
  format: 'date-time',
  pattern: instantPattern.source,
  examples: ['2026-03-01T00:00:00+01:00', '2026-03-31T22:00:00Z'],
})

/** Returns the microseconds since 1970 of an RFC 3339 text, or undefined for any other text. */
export function toInstant(text: string): bigint | undefined {
  const match = instantPattern.exec(text)
  if (!match) return undefined
  const [, date = '', time, fraction = '', sign, hours, minutes] = match
  const milliseconds = Date.parse(`${date}T${time}Z`)
  // Date.parse reads the 30th of February as the 2nd of March
  if (!isDate(date) || Number.isNaN(milliseconds)) return undefined
  const offsetMinutes = sign ? Number(`${sign}1`) * (60 * Number(hours) + Number(minutes)) : 0
  return BigInt(milliseconds - offsetMinutes * 60_000) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

/** Returns whether a text like 2026-03-01 is a day of the calendar. */
export function isDate(text: string): boolean {
  const midnight = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().slice(0, 10) === text
}

/** Returns PostgreSQL's text of an RFC 3339 text that toInstant accepts. */
export const toDatabaseTime = (text: string): string => fromMicroseconds(toInstant(text) as bigint)
