import { Type } from 'typebox'

const uuidPattern = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/

/**
 * Any UUID, of any version, in upper or lower case; a pattern because the `uuid` format also allows
 * `urn:uuid:`.
 */
export const Uuid = Type.String({ format: 'uuid', pattern: uuidPattern.source })

/** From 1 to `maxItems` UUIDs in one text, separated by commas, for a query parameter. */
export function UuidList({ maxItems, examples }: { maxItems: number; examples: string[] }) {
  const uuid = uuidPattern.source.slice(1, -1)
  return Type.String({
    pattern: `^${uuid}(?:,${uuid}){0,${maxItems - 1}}$`,
    description: `From 1 to ${maxItems} UUIDs, separated by commas.`,
    examples,
  })
}

export const isUuid = (value: unknown): value is string =>
  typeof value === 'string' && uuidPattern.test(value)

/** RFC 3339 in UTC, to the millisecond. */
/** The body of a request that has nothing to say. */
export const EmptyObject = Type.Object({}, { title: 'EmptyObject', additionalProperties: false })

export const Timestamp = Type.String({ format: 'date-time', examples: ['2026-03-01T09:30:00.000Z'] })

/**
 * Characters that are not drawn: spaces, control and format characters, Hangul fillers, variation selectors,
 * and three symbols that no property of Unicode marks as blank.
 */
const invisible = '\\s\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800\\u{16FE4}\\u{1D159}'
const unstorable = '\\u0000\\p{Cs}'

/**
 * Text that PostgreSQL can hold, with at least one visible character unless `minLength` is 0: no NUL, no lone
 * surrogate (neither can be stored unchanged). Lengths count code points. Line breaks and other control
 * characters are allowed along with visible ones: JSON escapes them wherever they go.
 */
export function Text(options: {
  minLength?: number
  maxLength: number
  description?: string
  examples?: string[]
  default?: string
}) {
  const { minLength = 1 } = options
  // The parts exclude one another, so matching takes linear time: patterns are also tried on texts longer
  // than maxLength
  const visiblePart =
    minLength > 0 ? `(?:(?![${unstorable}])[${invisible}])*[^${unstorable}${invisible}]` : ''
  const pattern = `^${visiblePart}[^${unstorable}]*$`
  const description = `Text without NUL or lone surrogates${minLength > 0 ? ', with at least one visible character' : ''}.`
  return Type.String({ description, ...options, minLength, pattern })
}
