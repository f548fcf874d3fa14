import { type TSchema, Type } from 'typebox'
import { pageLimits } from './paging.ts'

/** The query parameters of every list. offset has no default: it must be absent when a cursor is used. */
export const PageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: pageLimits.maxLimit,
      default: pageLimits.defaultLimit,
      description: 'Maximum number of rows to return.',
    }),
  ),
  offset: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: pageLimits.maxOffset,
      description:
        'Number of rows to skip; 0 when absent. To go deeper, or to page without repeating or skipping rows, use cursor.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'meta.nextCursor of the previous page; cannot be combined with offset.',
    }),
  ),
}

const PageMeta = Type.Object(
  {
    count: Type.Integer({ description: 'Number of matching rows in the whole list.' }),
    limit: Type.Integer(),
    offset: Type.Integer({ description: 'The requested offset; 0 when a cursor was used.' }),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'PageMeta' },
)

/** Returns the schema of a page: its rows, the count of the whole list, and the cursor of the next page (null on the last). */
export function Page<Item extends TSchema>(item: Item, options: { title: string }) {
  return Type.Object(
    {
      data: Type.Array(item),
      meta: PageMeta,
    },
    options,
  )
}
