import type { TextRow } from '../database/database.ts'
import type { ErrorDetail } from '../errors.ts'
import { encodeCursor } from './cursor.ts'

/** The limits of a page, for the HTTP schema and for repositories, which can be called without it. */
export const pageLimits = { defaultLimit: 20, maxLimit: 100, maxOffset: 10_000 } as const

const { maxLimit, maxOffset } = pageLimits

/** Which part of a list to return. */
export type PageOptions = {
  /** Maximum number of rows, 1–100; 20 when absent. */
  limit?: number | undefined
  /** Rows to skip, 0–10000; 0 when absent. Cannot be combined with `cursor`. */
  offset?: number | undefined
  /** The `nextCursor` of an earlier page of this same list. */
  cursor?: string | undefined
}

/**
 * Returns the errors in the options of a page, for repositories, which can be called without the HTTP schema.
 */
export function pageErrors({ limit, offset, cursor }: PageOptions): ErrorDetail[] {
  const errors: ErrorDetail[] = []
  if (limit !== undefined && !isIntegerWithin(limit, 1, maxLimit))
    errors.push({ parameter: 'limit', detail: `must be a whole number from 1 to ${maxLimit}` })
  if (offset !== undefined && !isIntegerWithin(offset, 0, maxOffset))
    errors.push({ parameter: 'offset', detail: `must be a whole number from 0 to ${maxOffset}` })
  if (offset !== undefined && cursor !== undefined)
    errors.push({ parameter: 'offset', detail: 'cannot be combined with cursor' })
  return errors
}

const isIntegerWithin = (value: number, min: number, max: number) =>
  Number.isInteger(value) && value >= min && value <= max

/**
 * Returns the page in the rows of a list statement. Their first columns are id and created_at, the last is
 * the count of the whole list; the one row of an empty page has only the count. One row more than `limit`
 * means there is a next page. `scope` identifies the list and its owner: a cursor is valid for no other.
 */
export function toPage(
  listed: TextRow[],
  { limit, scope }: { limit: number; scope: string },
): { rows: TextRow[]; count: number; nextCursor: string | null } {
  const rows = listed[0]?.[0] == null ? [] : listed.slice(0, limit)
  const [id, createdAt] = (listed.length > limit && rows.at(-1)) || []
  return {
    rows,
    count: Number(listed[0]?.at(-1)),
    nextCursor: id && createdAt ? encodeCursor({ createdAt, id }, scope) : null,
  }
}
