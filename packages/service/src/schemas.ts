import { type TSchema, Type } from 'typebox'
import { pageLimits } from './paging/page-limits.ts'

const uuidPattern = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/

/** Any UUID, of any version and in either case; a pattern because the `uuid` format also admits `urn:uuid:`. */
export const Uuid = Type.String({ format: 'uuid', pattern: uuidPattern.source })

export const isUuid = (value: unknown): value is string =>
  typeof value === 'string' && uuidPattern.test(value)

/** RFC 3339 in UTC, to the millisecond. */
export const Timestamp = Type.String({ format: 'date-time', examples: ['2026-03-01T09:30:00.000Z'] })

/**
 * Characters that are not drawn: spaces, control and format characters, Hangul fillers, variation selectors, and three
 * symbols that no property of Unicode marks as blank.
 */
const invisible = '\\s\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800\\u{16FE4}\\u{1D159}'
const unstorable = '\\u0000\\p{Cs}'

/**
 * Text that PostgreSQL can hold, with at least one visible character unless `minLength` is 0: no NUL, no lone surrogate
 * (neither survives the journey to the database). Lengths count code points. Line breaks and other control characters
 * are allowed beside visible ones: JSON escapes them wherever they go.
 */
export function Text(options: {
  minLength?: number
  maxLength: number
  description?: string
  examples?: string[]
  default?: string
}) {
  const { minLength = 1 } = options
  // The parts exclude one another, so matching takes linear time: patterns are tried on texts beyond maxLength as well
  const visiblePart =
    minLength > 0 ? `(?:(?![${unstorable}])[${invisible}])*[^${unstorable}${invisible}]` : ''
  const pattern = `^${visiblePart}[^${unstorable}]*$`
  const description = `Text without NUL or lone surrogates${minLength > 0 ? ', with at least one visible character' : ''}.`
  return Type.String({ description, ...options, minLength, pattern })
}

/** The query parameters of every list. No default for offset in the schema: it must be absent beside a cursor. */
export const PageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: pageLimits.maxLimit,
      default: pageLimits.defaultLimit,
      description: 'How many rows to answer at the most.',
    }),
  ),
  offset: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: pageLimits.maxOffset,
      description:
        'How many rows to skip; 0 when absent. For greater depths, and for paging that neither repeats nor skips rows, use cursor.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'meta.nextCursor of the page before; cannot be combined with offset.',
    }),
  ),
}

/** A page of a list: the rows, how many match in all, and the cursor of the next page (null on the last one). */
export function Page<Item extends TSchema>(item: Item, options: { title: string }) {
  return Type.Object(
    {
      data: Type.Array(item),
      meta: Type.Object({
        count: Type.Integer({ description: 'How many rows match in all, on every page.' }),
        limit: Type.Integer(),
        offset: Type.Integer({ description: 'The offset asked for; 0 when a cursor was used.' }),
        nextCursor: Type.Union([Type.String(), Type.Null()]),
      }),
    },
    options,
  )
}
