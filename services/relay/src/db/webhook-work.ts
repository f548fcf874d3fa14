import { toArrayLiteral } from '@shop/service/database/array-literal'
import type { TextQueryable, TextRow } from '@shop/service/database/database'
import type { Sealed } from '../webhooks/secret-box.ts'
import type { DeliveryState } from '../webhooks/webhook.ts'
import { type Lease, ofLease } from './lease-repository.ts'
import { toTypes } from './webhook-repository.ts'

/** A webhook that is enabled, as the relay needs it to send. */
export type ActiveWebhook = {
  id: string
  url: string
  /** Null: all. */
  types: string[] | null
  ordered: boolean
  cursor: number
  /** How long it is paused from now on, in milliseconds; 0 if it is not. */
  pausedMs: number
  secrets: Sealed[]
  /** Deliveries that wait, without those that somebody has asked for; the count stops at `maxCounted`. */
  waiting: number
}

/** A delivery that waits in the table. */
export type WaitingDelivery = {
  webhookId: string
  eventId: string
  position: number
  orderId: string
  type: string
  /** How many attempts there were. */
  attempts: number
  isRedelivery: boolean
}

/** A delivery after an attempt, or one that has to wait for its first. */
export type DeliveryChange = WaitingDelivery & {
  state: DeliveryState
  /** When it is due, in milliseconds from now. */
  dueMs: number
  status: number | null
  reason: string | null
  answer: string | null
  durationMs: number | null
}

/** How far a webhook has come. */
export type Progress = {
  webhookId: string
  cursor: number
  /** Null unless the receiver has asked for a pause. */
  pauseMs: number | null
  /** Whether the receiver has asked for nothing more. */
  isGone: boolean
}

export type WebhookWork = ReturnType<typeof createWebhookWork>

export const maxCounted = 1001

/** Due deliveries of one webhook that are read at once. */
const maxDue = 32

/** What only the holder of the lease does with webhooks. */
export function createWebhookWork(db: TextQueryable) {
  return {
    async findActive(): Promise<ActiveWebhook[]> {
      const rows = await db.queryTexts({ ...selectActive, values: [maxCounted] })
      return rows.map(toActive)
    },

    /** Returns deliveries that are due, the longest due first, at most 32 for each webhook. */
    async findDue(): Promise<WaitingDelivery[]> {
      const rows = await db.queryTexts({ ...selectDue, values: [maxDue] })
      return rows.map(toWaiting)
    },

    /** Returns the orders of which an event waits, and how many do. */
    async findWaitingOrders(webhookId: string): Promise<Map<string, number>> {
      const rows = await db.queryTexts({ ...selectWaitingOrders, values: [webhookId] })
      return new Map(rows.map(([orderId, count]) => [orderId as string, Number(count)]))
    },

    /**
     * Stores how far webhooks have come, together with the deliveries that the cursors have passed. Returns whether the
     * lease was still this one's; otherwise nothing is stored.
     */
    async store({ token, holder }: Lease, progress: Progress[], changes: DeliveryChange[]): Promise<boolean> {
      const column = <Item>(items: Item[], value: (item: Item) => string | number | null) =>
        toArrayLiteral(items.map(value))
      const values = [
        token,
        holder,
        column(progress, ({ webhookId }) => webhookId),
        column(progress, ({ cursor }) => cursor),
        column(progress, ({ pauseMs }) => pauseMs),
        column(progress, ({ isGone }) => String(isGone)),
        column(changes, ({ webhookId }) => webhookId),
        column(changes, ({ eventId }) => eventId),
        column(changes, ({ position }) => position),
        column(changes, ({ orderId }) => orderId),
        column(changes, ({ type }) => type),
        column(changes, ({ attempts }) => attempts),
        column(changes, ({ isRedelivery }) => String(isRedelivery)),
        column(changes, ({ state }) => state),
        column(changes, ({ dueMs }) => dueMs),
        column(changes, ({ status }) => status),
        column(changes, ({ reason }) => reason),
        column(changes, ({ answer }) => answer),
        column(changes, ({ durationMs }) => durationMs),
      ]
      const [row] = await db.queryTexts({ ...storeProgress, values })
      return row?.[0] === '1'
    },
  }
}

export const selectActive = {
  name: 'select-active-webhooks',
  text: `
    SELECT id, url, types, ordered, cursor,
      greatest(extract(epoch FROM paused_until - clock_timestamp()) * 1000, 0)::bigint,
      (
        SELECT string_agg(key_id || ':' || encode(box, 'hex'), ',' ORDER BY created_at DESC, secret.id DESC)
        FROM webhook_secrets AS secret
        WHERE webhook_id = webhooks.id AND (expires_at IS NULL OR expires_at > now())
      ),
      (
        SELECT count(*) FROM (
          SELECT FROM webhook_deliveries
          WHERE webhook_id = webhooks.id AND state = 'waiting' AND NOT is_redelivery LIMIT $1
        ) AS waiting
      )
    FROM webhooks WHERE disabled_reason IS NULL`,
}

export const selectDue = {
  name: 'select-due-deliveries',
  text: `
    SELECT webhooks.id, due.event_id, due.position, due.order_id, due.type, due.attempts, due.is_redelivery
    FROM webhooks, LATERAL (
      SELECT * FROM webhook_deliveries AS delivery
      WHERE webhook_id = webhooks.id AND state = 'waiting' AND due_at <= clock_timestamp()
        AND (NOT ordered OR is_redelivery OR NOT EXISTS (
          SELECT FROM webhook_deliveries AS earlier
          WHERE earlier.webhook_id = delivery.webhook_id AND earlier.order_id = delivery.order_id
            AND earlier.position < delivery.position AND earlier.state = 'waiting' AND NOT earlier.is_redelivery
        ))
      ORDER BY due_at, position LIMIT $1
    ) AS due
    WHERE disabled_reason IS NULL AND (paused_until IS NULL OR paused_until <= clock_timestamp())`,
}

const selectWaitingOrders = {
  name: 'select-waiting-orders',
  text: `
    SELECT order_id, count(*) FROM webhook_deliveries
    WHERE webhook_id = $1 AND state = 'waiting' AND NOT is_redelivery GROUP BY order_id`,
}

/**
 * The cursor and the rows of what was not delivered change together, so that a crash loses no event. A webhook that was
 * deleted meanwhile leaves nothing.
 */
const storeProgress = {
  name: 'store-webhook-progress',
  text: `
    WITH lease AS MATERIALIZED (
      SELECT FROM relay_state WHERE ${ofLease}
    ), moved AS (
      UPDATE webhooks SET
        cursor = greatest(webhooks.cursor, progress.cursor),
        paused_until = coalesce(clock_timestamp() + pause_ms * interval '1 millisecond', paused_until),
        disabled_reason = CASE WHEN is_gone THEN coalesce(disabled_reason, 'gone') ELSE disabled_reason END
      FROM lease, unnest($3::uuid[], $4::bigint[], $5::bigint[], $6::boolean[])
        AS progress (webhook_id, cursor, pause_ms, is_gone)
      WHERE webhooks.id = progress.webhook_id
    ), stored AS (
      INSERT INTO webhook_deliveries (webhook_id, event_id, position, order_id, type, attempts, is_redelivery, state,
        due_at, status, reason, answer, duration_ms, created_at, updated_at)
      SELECT change.webhook_id, event_id, position, order_id, type, attempts, is_redelivery, state,
        clock_timestamp() + due_ms * interval '1 millisecond', status, reason, answer, duration_ms,
        clock_timestamp(), clock_timestamp()
      FROM lease, unnest($7::uuid[], $8::uuid[], $9::bigint[], $10::uuid[], $11::text[], $12::integer[], $13::boolean[],
          $14::text[], $15::bigint[], $16::integer[], $17::text[], $18::text[], $19::integer[])
        AS change (webhook_id, event_id, position, order_id, type, attempts, is_redelivery, state, due_ms, status, reason,
          answer, duration_ms)
      WHERE EXISTS (SELECT FROM webhooks WHERE id = change.webhook_id)
      ON CONFLICT (webhook_id, event_id) DO UPDATE SET
        attempts = excluded.attempts, is_redelivery = excluded.is_redelivery, state = excluded.state,
        due_at = excluded.due_at, status = excluded.status, reason = excluded.reason, answer = excluded.answer,
        duration_ms = excluded.duration_ms, updated_at = excluded.updated_at
    )
    SELECT count(*) FROM lease`,
}

function toActive(row: TextRow): ActiveWebhook {
  const [id, url, types, ordered, cursor, pausedMs, secrets, waiting] = row
  return {
    id: id as string,
    url: url as string,
    types: toTypes(types ?? null),
    ordered: ordered === 't',
    cursor: Number(cursor),
    pausedMs: Number(pausedMs ?? 0),
    secrets: (secrets ?? '').split(',').map((secret) => {
      const [keyId = '', box = ''] = secret.split(':')
      return { keyId, box: Buffer.from(box, 'hex') }
    }),
    waiting: Number(waiting),
  }
}

function toWaiting(row: TextRow): WaitingDelivery {
  const [webhookId, eventId, position, orderId, type, attempts, isRedelivery] = row
  return {
    webhookId: webhookId as string,
    eventId: eventId as string,
    position: Number(position),
    orderId: orderId as string,
    type: type as string,
    attempts: Number(attempts),
    isRedelivery: isRedelivery === 't',
  }
}
