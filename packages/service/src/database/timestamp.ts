import type { Logger } from 'pino'
import type { TextRow } from './database.ts'

/** The log that warnOfReplacedTimes writes to. */
export type WarningLog = Pick<Logger, 'warn'>

/** The first and the last time that RFC 3339 can express, as its years have four digits. */
const earliest = '0001-01-01T00:00:00.000Z'
const latest = '9999-12-31T23:59:59.999Z'

/**
 * Converts PostgreSQL's text for a timestamptz, `2026-03-01 09:30:00.123456+00`, to RFC 3339 with
 * milliseconds. A time that RFC 3339 cannot express (infinity, BC, years beyond 9999) becomes the nearest one
 * that it can, so that one such row does not make a whole list fail. Throws for a text that is not in UTC:
 * all times of that connection would be wrong.
 */
export function toTimestamp(text: string): string {
  if (!isExpressible(text)) return parseExtreme(text).isLate ? latest : earliest
  // nine texts in ten have all six digits after the second, so the milliseconds are in place
  const time = text.length === 29 ? text.slice(11, 23) : `${text.slice(11, 19)}.${fraction(text).slice(0, 3)}`
  return `${text.slice(0, 10)}T${time}Z`
}

/** Rows that are logged by one process; it would also log them all again after a restart. */
const maxLoggedRows = 1000

/** The ids that each log has a warning about: such a row is in every list of its user. */
const loggedIds = new WeakMap<WarningLog, Set<string>>()

/**
 * Logs the rows of `rows` (the id first, then two times) whose times toTimestamp replaces: each once, and no more than
 * the first thousand.
 */
export function warnOfReplacedTimes(
  logger: WarningLog | undefined,
  table: string,
  rows: readonly TextRow[],
): void {
  if (rows.every(([, first, second]) => isExpressible(first as string) && isExpressible(second as string)))
    return
  if (!logger) return
  const logged = loggedIds.get(logger) ?? new Set<string>()
  loggedIds.set(logger, logged)
  const replaced = rows
    .filter((row) => !row.slice(1, 3).every((text) => isExpressible(text as string)))
    .filter(([id]) => !logged.has(id as string))
    .slice(0, maxLoggedRows - logged.size)
  if (replaced.length === 0) return
  for (const [id] of replaced) logged.add(id as string)
  logger.warn(
    { table, rows: replaced.map(([id, first, second]) => ({ id, times: [first, second] })) },
    'rows with times outside the years 0001 to 9999 are shown with the nearest time in these years',
  )
}

/** Stand for infinity and -infinity; no time in PostgreSQL has these values. */
const infinity = 2n ** 63n - 1n
const minusInfinity = -(2n ** 63n)

/** In 4714 BC, the first time that PostgreSQL can hold, and in 275760, the last one that a Date can. */
const firstMicrosecond = -210_866_803_200_000_000n
const lastMicrosecond = 8_640_000_000_000_000_000n

/**
 * Converts PostgreSQL's text to microseconds since 1970; times after the last one of a Date become that one.
 * Throws like toTimestamp.
 */
export function toMicroseconds(text: string): bigint {
  if (!isExpressible(text)) return parseExtreme(text).microseconds
  const milliseconds = Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`)
  return BigInt(milliseconds) * 1000n + BigInt(fraction(text))
}

/** Returns whether PostgreSQL can read the text that fromMicroseconds makes of it. */
export function isMicroseconds(microseconds: bigint): boolean {
  return (
    (microseconds >= firstMicrosecond && microseconds <= lastMicrosecond) ||
    microseconds === infinity ||
    microseconds === minusInfinity
  )
}

/** Converts microseconds since 1970 to PostgreSQL's text. */
export function fromMicroseconds(microseconds: bigint): string {
  if (microseconds === infinity) return 'infinity'
  if (microseconds === minusInfinity) return '-infinity'
  const rest = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n
  const date = new Date(Number((microseconds - rest) / 1000n))
  // PostgreSQL has no year 0: 1 BC comes before the year 1
  const year = date.getUTCFullYear()
  const digits = String(year > 0 ? year : 1 - year).padStart(4, '0')
  const [, dayAndTime = ''] = /(-\d\d-\d\dT\d\d:\d\d:\d\d)/.exec(date.toISOString()) ?? []
  const text = `${digits}${dayAndTime.replace('T', ' ')}.${String(rest).padStart(6, '0')}+00`
  return year > 0 ? text : `${text} BC`
}

/** Whether the text is in UTC and its year has four digits, which excludes BC and infinity. */
const isExpressible = (text: string) => text[4] === '-' && text.endsWith('+00')

/** Returns the six digits after the second; PostgreSQL omits trailing zeros. */
const fraction = (text: string) => (text[19] === '.' ? text.slice(20, -3) : '').padEnd(6, '0')

function parseExtreme(text: string): { isLate: boolean; microseconds: bigint } {
  if (text === 'infinity') return { isLate: true, microseconds: infinity }
  if (text === '-infinity') return { isLate: false, microseconds: minusInfinity }
  const match = /^(\d{4,6})(-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00( BC)?$/.exec(text)
  if (!match) throw new Error(`The database connection is not in UTC: ${text}`)
  const [, digits, day, time, fraction = '', era] = match
  const year = era ? 1 - Number(digits) : Number(digits)
  const expanded = `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`
  const milliseconds = Date.parse(`${expanded}${day}T${time}Z`)
  const isBeyond = Number.isNaN(milliseconds)
  return {
    isLate: !era,
    microseconds: isBeyond ? lastMicrosecond : BigInt(milliseconds) * 1000n + BigInt(fraction.padEnd(6, '0')),
  }
}
