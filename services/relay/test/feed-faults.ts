import type { Queryable } from '@shop/service/database/database'

/**
 * Returns what is wrong with the feed: positions that are missing, events of the history that are missing or come twice,
 * events that come before an earlier one of their order.
 */
export async function feedFaults(owner: Pick<Queryable, 'query'>): Promise<string[]> {
  const rows = await owner.query<{ fault: string }>({
    text: `
      SELECT 'position ' || position || ' follows ' || before AS fault
      FROM (SELECT position, coalesce(lag(position) OVER (ORDER BY position), 0) AS before FROM feed) AS positions
      WHERE position <> before + 1
      UNION ALL
      SELECT coalesce(feed.order_id, event.order_id) || ' version ' || coalesce(feed.version, event.version)
        || ' is there ' || count(feed.*) || ' times, in the history ' || count(event.*)
      FROM feed FULL JOIN order_events AS event USING (id, order_id, version, user_id, type, at)
      GROUP BY coalesce(feed.order_id, event.order_id), coalesce(feed.version, event.version)
      HAVING count(feed.*) <> 1 OR count(event.*) <> 1
      UNION ALL
      SELECT order_id || ' version ' || version || ' comes after ' || before
      FROM (
        SELECT order_id, version, lag(version) OVER (PARTITION BY order_id ORDER BY position) AS before FROM feed
      ) AS versions
      WHERE version <> coalesce(before, 0) + 1`,
  })
  return rows.map(({ fault }) => fault)
}
