import type { TextQueryable } from '@shop/service/database/database'
import { type Lease, ofLease } from './lease-repository.ts'

/**
 * Removes at most `limit` events from the beginning of the feed that got their positions more than `days` ago. The last
 * one stays, because the next position follows from it. Returns how many it removed; 0 without the lease.
 */
export async function removeOldEvents(
  db: TextQueryable,
  { token, holder }: Lease,
  { days, limit }: { days: number; limit: number },
): Promise<number> {
  const [row] = await db.queryTexts({
    name: 'remove-old-events',
    text: `
      WITH lease AS MATERIALIZED (
        SELECT oldest FROM relay_state WHERE ${ofLease} FOR UPDATE
      ), first AS MATERIALIZED (
        SELECT position, moved_at FROM feed
        WHERE position >= (SELECT oldest FROM lease)
          AND position < (SELECT position FROM feed ORDER BY position DESC LIMIT 1)
        ORDER BY position LIMIT $4
      ), cut AS MATERIALIZED (
        SELECT coalesce(
          min(position) FILTER (WHERE moved_at >= now() - $3 * interval '1 day'), max(position) + 1
        ) AS position FROM first
      ), removed AS (
        DELETE FROM feed USING cut
        WHERE feed.position >= (SELECT oldest FROM lease) AND feed.position < cut.position
        RETURNING feed.position
      )
      UPDATE relay_state SET oldest = cut.position FROM cut
      WHERE ${ofLease} AND oldest < cut.position RETURNING (SELECT count(*) FROM removed)`,
    values: [token, holder, days, limit],
  })
  return Number(row?.[0] ?? 0)
}
