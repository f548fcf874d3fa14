/** Returns the requested page, or undefined for an invalid query. */
export function parsePage(query: Record<string, unknown>): { limit: number; offset: number } | undefined {
  const limit = Number(query.limit ?? 20)
  const offset = Number(query.offset ?? 0)
  const valid =
    Number.isInteger(limit) &&
    limit >= 1 &&
    limit <= 100 &&
    Number.isInteger(offset) &&
    offset >= 0 &&
    offset <= 10_000
  return valid ? { limit, offset } : undefined
}
