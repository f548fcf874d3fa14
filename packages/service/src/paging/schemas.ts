import { type TSchema, Type } from 'typebox'
import { pageLimits } from './paging.ts'

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
