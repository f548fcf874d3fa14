import type { TextQueryable } from '@shop/service/database/database'

export type Backlog = {
  /** How many events have no position; the count stops at `maxCounted`. */
  events: number
  /** The age of the oldest of them, in seconds; 0 without any. */
  lagSeconds: number
}

const maxCounted = 100_000

/** Returns how far the feed is behind the history. */
export async function measureBacklog(db: TextQueryable): Promise<Backlog> {
  const [row] = await db.queryTexts({
    name: 'measure-backlog',
    text: `
      SELECT count(*), greatest(extract(epoch FROM clock_timestamp() - min(at)), 0)
      FROM (SELECT at FROM order_events_pending ORDER BY at LIMIT $1) AS oldest`,
    values: [maxCounted],
  })
  return { events: Number(row?.[0]), lagSeconds: Number(row?.[1] ?? 0) }
}
