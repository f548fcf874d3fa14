import { toArrayLiteral } from '@shop/service/database/array-literal'
import type { TextQueryable, TextRow } from '@shop/service/database/database'
import { toTimestamp } from '@shop/service/database/timestamp'
import { AppError, NotFoundError } from '@shop/service/errors'
import { decodeCursor, encodeCursor } from '@shop/service/paging/cursor'
import type { Delivery, DeliveryState } from '../webhooks/webhook.ts'

export type DeliveryRepository = ReturnType<typeof createDeliveryRepository>

/** Maximum events that one request sends again: it stores a row for each. */
const maxRedelivered = 10_000

/** How long deliveries that are no longer waiting are kept, in days. */
const keptDays = 30

export type ListOptions = { state?: DeliveryState | undefined; limit: number; cursor?: string | undefined }

/** Events whose positions were given from `from` on and before `to`; in milliseconds since 1970. */
export type Period = { from: number; to: number }

export function createDeliveryRepository(db: TextQueryable) {
  /** Returns the first position that was given at `time` or later, or the one after the last. */
  async function positionAt(time: number): Promise<number> {
    const [ends] = await db.queryTexts({ ...selectEnds, values: [] })
    let [low, high] = [Number(ends?.[0] ?? 1), Number(ends?.[1] ?? 0) + 1]
    // positions rise with time: some thirty steps, each of which reads one row
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const values = [middle, new Date(time).toISOString()]
      const [row] = await db.queryTexts({ ...selectWasGivenSince, values })
      if (row?.[0] === 'f') low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    /** Returns a page of the deliveries that a webhook has in its log, newest first. Throws ValidationError. */
    async listDeliveries(webhookId: string, { state, limit, cursor }: ListOptions) {
      const scope = `deliveries ${webhookId} ${state ?? ''}`
      const after = cursor === undefined ? undefined : decodeCursor(cursor, scope)
      const statement = selectDeliveries(state !== undefined, after !== undefined)
      const values = [
        webhookId,
        // one more shows whether there is a next page
        limit + 1,
        ...(state ? [state] : []),
        ...(after ? [after.createdAt, after.id] : []),
      ]
      const rows = await db.queryTexts({ ...statement, values })
      const last = rows.length > limit ? rows[limit - 1] : undefined
      const [id, createdAt] = last ?? []
      return {
        deliveries: rows.slice(0, limit).map(toDelivery),
        nextCursor: id && createdAt ? encodeCursor({ createdAt, id }, scope) : null,
      }
    },

    /** Makes a delivery due, with all attempts again unless it waits. Throws NotFoundError. */
    async redeliver(webhookId: string, eventId: string): Promise<Delivery> {
      const [row] = await db.queryTexts({ ...redeliverOne, values: [webhookId, eventId] })
      if (!row) throw new NotFoundError('delivery')
      return toDelivery(row)
    },

    /**
     * Makes the events of a period due again, those of the types that the webhook wants, as far as it has come. Returns
     * how many. Throws AppError 400 `too_many_events`.
     */
    async redeliverPeriod(webhookId: string, types: string[] | null, { from, to }: Period): Promise<number> {
      const [first, end] = await Promise.all([positionAt(from), positionAt(to)])
      const array = types && toArrayLiteral(types)
      const values = [webhookId, first, end, array, maxRedelivered]
      const [row] = await db.queryTexts({ ...redeliverMany, values })
      const [found, made] = row as [string, string]
      if (Number(found) > maxRedelivered)
        throw new AppError(
          400,
          'too_many_events',
          `The period has more than ${maxRedelivered} events for this webhook; choose shorter ones.`,
        )
      return Number(made)
    },

    /** Deletes at most `limit` deliveries that ended long ago. Returns how many. */
    async deleteExpired(limit: number): Promise<number> {
      const rows = await db.queryTexts({ ...deleteOld, values: [limit, keptDays] })
      return rows.length
    },
  }
}

const columns = `event_id, created_at, updated_at, type, order_id, state, attempts,
  CASE WHEN state = 'waiting' THEN due_at END, status, reason, answer, duration_ms`

function selectDeliveries(ofState: boolean, isLater: boolean) {
  const position = ofState ? '($4::timestamptz, $5::uuid)' : '($3::timestamptz, $4::uuid)'
  return {
    name: `select-deliveries${ofState ? '-of-state' : ''}${isLater ? '-after' : ''}`,
    text: `
      SELECT ${columns} FROM webhook_deliveries
      WHERE webhook_id = $1 ${ofState ? 'AND state = $3' : ''} ${isLater ? `AND (created_at, event_id) < ${position}` : ''}
      ORDER BY created_at DESC, event_id DESC LIMIT $2`,
  }
}

const redeliverOne = {
  name: 'redeliver-one',
  text: `
    UPDATE webhook_deliveries SET
      attempts = CASE WHEN state = 'waiting' THEN attempts ELSE 0 END,
      is_redelivery = is_redelivery OR state <> 'waiting',
      state = 'waiting', due_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE webhook_id = $1 AND event_id = $2 RETURNING ${columns}`,
}

const redeliverMany = {
  name: 'redeliver-many',
  text: `
    WITH chosen AS MATERIALIZED (
      SELECT id, position, order_id, type FROM feed
      WHERE position >= $2 AND position < $3 AND ($4::text[] IS NULL OR type = ANY ($4::text[]))
        AND position <= (SELECT cursor FROM webhooks WHERE id = $1)
      ORDER BY position LIMIT $5::int + 1
    ), made AS (
      INSERT INTO webhook_deliveries AS delivery (webhook_id, event_id, position, order_id, type, state, attempts, due_at,
        is_redelivery, created_at, updated_at)
      SELECT $1, id, position, order_id, type, 'waiting', 0, now(), true, now(), now() FROM chosen
      WHERE (SELECT count(*) FROM chosen) <= $5::int
      ON CONFLICT (webhook_id, event_id) DO UPDATE SET
        attempts = CASE WHEN delivery.state = 'waiting' THEN delivery.attempts ELSE 0 END,
        is_redelivery = delivery.is_redelivery OR delivery.state <> 'waiting',
        state = 'waiting', due_at = excluded.due_at, updated_at = excluded.updated_at
      RETURNING event_id
    )
    SELECT (SELECT count(*) FROM chosen), (SELECT count(*) FROM made)`,
}

const selectEnds = {
  name: 'select-ends-of-feed',
  text: `
    SELECT (SELECT position FROM feed ORDER BY position LIMIT 1), (SELECT position FROM feed ORDER BY position DESC LIMIT 1)`,
}

const selectWasGivenSince = {
  name: 'select-was-given-since',
  text: 'SELECT moved_at >= $2::timestamptz FROM feed WHERE position >= $1 ORDER BY position LIMIT 1',
}

const deleteOld = {
  name: 'delete-old-deliveries',
  text: `
    DELETE FROM webhook_deliveries WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM webhook_deliveries
      WHERE state <> 'waiting' AND updated_at < now() - $2 * interval '1 day'
      ORDER BY updated_at LIMIT $1 FOR UPDATE SKIP LOCKED
    )) RETURNING 1`,
}

function toDelivery(row: TextRow): Delivery {
  const [eventId, createdAt, updatedAt, type, orderId, state, attempts, dueAt, ...last] = row
  const [status, reason, answer, durationMs] = last
  return {
    eventId: eventId as string,
    type: type as string,
    orderId: orderId as string,
    state: state as DeliveryState,
    attempts: Number(attempts),
    nextAttemptAt: dueAt == null ? null : toTimestamp(dueAt),
    status: status == null ? null : Number(status),
    reason: reason ?? null,
    answer: answer ?? null,
    durationMs: durationMs == null ? null : Number(durationMs),
    createdAt: toTimestamp(createdAt as string),
    updatedAt: toTimestamp(updatedAt as string),
  }
}
