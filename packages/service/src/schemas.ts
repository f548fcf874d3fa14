import { Type } from 'typebox'

const uuidPattern = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/

/** Any UUID, of any version and in either case; a pattern because the `uuid` format also admits `urn:uuid:`. */
export const Uuid = Type.String({ format: 'uuid', pattern: uuidPattern.source })

export const isUuid = (value: unknown): value is string =>
  typeof value === 'string' && uuidPattern.test(value)

/** RFC 3339 in UTC, to the millisecond. */
export const Timestamp = Type.String({ format: 'date-time', examples: ['2026-03-01T09:30:00.000Z'] })

/**
 * Text that PostgreSQL can hold and that is not blank, or may be with `minLength: 0`: no NUL, no lone surrogate (neither
 * survives the journey to the database). Lengths count code points.
 */
export function Text(options: {
  minLength?: number
  maxLength: number
  description?: string
  examples?: string[]
  default?: string
}) {
  const { minLength = 1 } = options
  // Only one part can match at any place, so the time is linear: patterns are tried on texts beyond maxLength as well
  const pattern = `^${minLength > 0 ? '(?!\\s*$)' : ''}[^\\u0000\\p{Cs}]*$`
  const description = `Text without NUL or lone surrogates${minLength > 0 ? ', not blank' : ''}.`
  return Type.String({ description, ...options, minLength, pattern })
}
