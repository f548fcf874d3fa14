import type { TextQueryable } from '@shop/service/database/database'

/** How far a webhook is behind the feed. */
export type WebhookBacklog = {
  id: string
  /** The age of the oldest event that it still has to get, in seconds; 0 without any. */
  lagSeconds: number
  /** Deliveries that wait for another attempt, and those that are parked; each count stops at `maxCounted`. */
  waiting: number
  parked: number
}

const maxCounted = 10_000

/** Returns the backlog of every webhook, also of those that are disabled. */
export async function measureWebhooks(db: TextQueryable): Promise<WebhookBacklog[]> {
  const rows = await db.queryTexts({ ...selectBacklogs, values: [maxCounted] })
  return rows.map(([id, lag, waiting, parked]) => ({
    id: id as string,
    lagSeconds: Number(lag),
    waiting: Number(waiting),
    parked: Number(parked),
  }))
}

const countOf = (state: string) => `(
  SELECT count(*) FROM (
    SELECT FROM webhook_deliveries WHERE webhook_id = webhooks.id AND state = '${state}' LIMIT $1
  ) AS counted
)`

const selectBacklogs = {
  name: 'select-webhook-backlogs',
  text: `
    SELECT id,
      coalesce(extract(epoch FROM clock_timestamp() - least(
        (SELECT moved_at FROM feed WHERE position > webhooks.cursor ORDER BY position LIMIT 1),
        (
          SELECT created_at FROM webhook_deliveries WHERE webhook_id = webhooks.id AND state = 'waiting'
          ORDER BY created_at, event_id LIMIT 1
        )
      )), 0),
      ${countOf('waiting')}, ${countOf('parked')}
    FROM webhooks`,
}
