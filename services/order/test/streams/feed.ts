import type { TestDatabase } from '@shop/tests/kit/database'

export const epoch = '0a1b2c3d'

/** Begins the feed of a database, as the relay does when it first runs. */
export const startFeed = ({ owner }: Pick<TestDatabase, 'owner'>) =>
  owner.query({
    text: `INSERT INTO relay_state (epoch, fingerprint, lease_until) VALUES ($1, feed_fingerprint(), now())`,
    values: [epoch],
  })

/** Gives all announced events their positions, as the relay does. */
export const publish = ({ owner }: Pick<TestDatabase, 'owner'>) =>
  owner.query({
    text: `
      WITH moved AS (DELETE FROM order_events_pending RETURNING *)
      INSERT INTO feed (position, id, user_id, order_id, version, type, at, moved_at)
      SELECT (SELECT coalesce(max(position), 0) FROM feed) + row_number() OVER (ORDER BY at, order_id, version),
        id, user_id, order_id, version, type, at, now()
      FROM moved`,
  })

/** Returns the position of the last event. */
export async function head({ owner }: Pick<TestDatabase, 'owner'>): Promise<number> {
  const [row] = await owner.query<{ head: string }>({
    text: 'SELECT coalesce(max(position), 0) AS head FROM feed',
  })
  return Number(row?.head)
}
