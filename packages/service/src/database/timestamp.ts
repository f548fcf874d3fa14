/**
 * PostgreSQL's text for a timestamptz, `2026-03-01 09:30:00.123456+00`. Our connections ask for UTC; one that is not
 * would make all times wrong by its offset, so what ends otherwise is an error and not a guess.
 */
export function toTimestamp(text: string): string {
  assertUtc(text)
  // with all six digits of the second, as nine times in ten, the milliseconds are where they are needed
  const time = text.length === 29 ? text.slice(11, 23) : `${text.slice(11, 19)}.${fraction(text).slice(0, 3)}`
  return `${text.slice(0, 10)}T${time}Z`
}

/** The same as microseconds since 1970. */
export function toMicroseconds(text: string): bigint {
  assertUtc(text)
  const milliseconds = Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`)
  return BigInt(milliseconds) * 1000n + BigInt(fraction(text))
}

/** And back. The year must have four digits. */
export function fromMicroseconds(microseconds: bigint): string {
  const rest = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n
  const iso = new Date(Number((microseconds - rest) / 1000n)).toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${String(rest).padStart(6, '0')}+00`
}

/** The six digits after the second; PostgreSQL leaves trailing zeros out. */
const fraction = (text: string) => (text[19] === '.' ? text.slice(20, -3) : '').padEnd(6, '0')

function assertUtc(text: string) {
  if (!text.endsWith('+00')) throw new Error(`The database connection is not in UTC: ${text}`)
}
