import type { TextQueryable, TextRow } from '@shop/service/database/database'
import { type Lease, ofLease } from './lease-repository.ts'

export type Move = {
  /** How many events it gave a position. */
  moved: number
  /** The last position that it gave; 0 if it gave none. */
  head: number
  /** Whether there may be more events from `since` on. */
  isFull: boolean
  /** Whether the lease was gone, and so nothing was moved. */
  isRefused: boolean
  /** When the statement began, by the clock of the database, as PostgreSQL's text. */
  startedAt: string
}

/** Few enough that one statement stays short. */
export const maxMoved = 500

export type EventMover = ReturnType<typeof createEventMover>

/** How often a statement that waits looks for an event, in milliseconds. */
const lookEveryMs = 50

/** `maximumWaitMs` is how long one statement may wait for an event. */
export function createEventMover(db: TextQueryable, { maximumWaitMs = 1000 } = {}) {
  return {
    /** Waits for an event that `move` would find. Returns whether there is one. */
    async waitForEvent(since: string): Promise<boolean> {
      const [row] = await db.queryTexts({ ...waitForEvent, values: [since, lookEveryMs, maximumWaitMs] })
      return row?.[0] === 't'
    },

    /**
     * Gives positions to events that have none, oldest first, and to all earlier ones of their orders: at least `maxMoved`
     * if there are so many. It looks only at events with times from ten seconds before `since` on; at all of them when that
     * is absent.
     */
    async move({ token, holder }: Lease, since = '-infinity'): Promise<Move> {
      const [row] = await db.queryTexts({ ...moveEvents, values: [token, holder, since, maxMoved] })
      const [candidates, moved, head, heldToken, startedAt] = row as TextRow
      return {
        moved: Number(moved),
        head: Number(head),
        isFull: Number(candidates) === maxMoved,
        isRefused: candidates !== '0' && heldToken === null,
        startedAt: startedAt as string,
      }
    },
  }
}

const from = (since: string) => `${since}::timestamptz - interval '10 seconds'`

const waitForEvent = { name: 'wait-for-event', text: `SELECT wait_for_event(${from('$1')}, $2, $3)` }

/**
 * One statement, so that a process that is frozen at any moment holds no transaction. The row of the lease is locked, not
 * changed: it stays quick to read. An order's events keep their order even if their times do not: each is sorted by the
 * latest time up to its version.
 *
 * `head` may be read without a lock, because the lock on the lease keeps others from moving events, and whoever takes the
 * lease begins after the last statement of the former holder has ended.
 *
 * The rows are found and deleted by arrays of keys, which leaves PostgreSQL no other plan: for a table that looked empty at
 * the last ANALYZE it would join from there, through all rows that an old snapshot keeps.
 */
export const moveEvents = {
  name: 'move-events',
  text: `
    WITH candidate AS MATERIALIZED (
      SELECT order_id, version FROM order_events_pending
      WHERE at >= ${from('$3')}
      ORDER BY at LIMIT $4
    ), lease AS MATERIALIZED (
      SELECT token FROM relay_state WHERE ${ofLease} AND EXISTS (SELECT FROM candidate) FOR UPDATE
    ), chosen AS MATERIALIZED (
      SELECT order_id, max(version) AS version FROM candidate, lease GROUP BY order_id
    ), found AS MATERIALIZED (
      SELECT pending.order_id, pending.version FROM chosen, LATERAL (
        SELECT order_id, version FROM order_events_pending
        WHERE order_id = chosen.order_id AND version <= chosen.version OFFSET 0
      ) AS pending
    ), taken AS (
      DELETE FROM order_events_pending
      WHERE order_id = ANY (ARRAY(SELECT order_id FROM chosen)) AND (order_id, version) IN (SELECT order_id, version FROM found)
      RETURNING id, user_id, order_id, version, type, at
    ), moved AS (
      INSERT INTO feed (position, id, user_id, order_id, version, type, at, moved_at)
      SELECT head + row_number() OVER (ORDER BY reached_at, order_id, version), id, user_id, order_id, version, type, at,
        clock_timestamp()
      FROM (SELECT taken.*, max(at) OVER (PARTITION BY order_id ORDER BY version) AS reached_at FROM taken) AS sorted,
        (SELECT coalesce((SELECT position FROM feed ORDER BY position DESC LIMIT 1), 0) AS head) AS last
      RETURNING position
    )
    SELECT (SELECT count(*) FROM candidate), count(*), max(position), (SELECT token FROM lease), now() FROM moved`,
}
