import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Received, startReceiver } from '../../kit/network/receivers.ts'
import type { ServiceProcess } from './service-process.ts'
import type { Shop, Shopper } from './shop.ts'

/** Waits between attempts, in seconds: more than a minute in all, for which a receiver may be down. */
export const retrySeconds = [1, 1, 2, 2, 5, 5, 5, 5, 10, 10, 10, 10, 10]

/** The settings of a relay whose webhooks may go to 127.0.0.1. */
export const webhookEnvironment = (nameServerPort?: number): Record<string, string> => ({
  WEBHOOK_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  WEBHOOK_ALLOW: '127.0.0.1',
  WEBHOOK_ALLOW_HTTP: 'true',
  WEBHOOK_RETRY_SECONDS: retrySeconds.join(),
  ...(nameServerPort !== undefined && { WEBHOOK_DNS: `127.0.0.1:${nameServerPort}` }),
})

/** Adds a webhook through a relay and returns its id. */
export async function addWebhook(
  relay: ServiceProcess,
  operator: Shopper,
  webhook: { url: string; ordered?: boolean },
): Promise<string> {
  const { status, body } = await request(relay, operator, { method: 'POST', path: '', json: webhook })
  assert.equal(status, 201, JSON.stringify(body))
  return body.id
}

/** Changes a webhook through a relay. */
export async function changeWebhook(
  relay: ServiceProcess,
  operator: Shopper,
  id: string,
  change: { enabled: boolean },
): Promise<void> {
  const { status, body } = await request(relay, operator, { method: 'PATCH', path: `/${id}`, json: change })
  assert.equal(status, 200, JSON.stringify(body))
}

async function request(
  relay: ServiceProcess,
  operator: Shopper,
  { method, path, json }: { method: string; path: string; json: object },
) {
  const response = await fetch(`${relay.url}/admin/webhooks${path}`, {
    method,
    headers: { authorization: `Bearer ${operator.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(json),
    signal: AbortSignal.timeout(10_000),
  })
  return { status: response.status, body: (await response.json()) as { id: string } }
}

/** `happenedAt` is in milliseconds of Date.now, and `delayMs` is how long after it the event arrived. */
type Arrival = { id: string; orderId: string; version: number; happenedAt: number; delayMs: number }

export type Listener = {
  url: string
  arrivals: Arrival[]
  /** Whether it answers 204; otherwise it answers 503. */
  isUp: boolean
}

/** Starts a receiver that remembers what has arrived, how long after it happened, and answers 204 while it is up. */
export async function startListener(t: TestContext): Promise<Listener> {
  const arrivals: Arrival[] = []
  const { url } = await startReceiver(t, ({ body, headers }: Received, _request, response) => {
    if (listener.isUp) {
      const { time, data } = JSON.parse(body)
      const id = String(headers['webhook-id'])
      const happenedAt = Date.parse(time)
      const delayMs = Date.now() - happenedAt
      arrivals.push({ id, orderId: data.id, version: data.version, happenedAt, delayMs })
    }
    response.writeHead(listener.isUp ? 204 : 503).end()
  })
  const listener: Listener = { url, arrivals, isUp: true }
  return listener
}

/**
 * Waits until all events that came into the feed after the first one that arrived have arrived, and asserts that nothing
 * else has. Resolves to how many arrivals were repeats.
 */
export async function assertArrived(
  { postgres }: Shop,
  { arrivals }: Listener,
  { after }: { after: number },
): Promise<number> {
  const feed = await postgres.owner.query<{ id: string }>({
    text: 'SELECT id FROM feed WHERE position > $1 ORDER BY position',
    values: [after],
  })
  const expected = new Set(feed.map(({ id }) => id))
  const isThere = () => new Set(arrivals.map(({ id }) => id)).size >= expected.size
  for (const deadline = performance.now() + 60_000; !isThere(); await setTimeout(50))
    assert.ok(
      performance.now() < deadline,
      `${expected.size - new Set(arrivals.map(({ id }) => id)).size} are missing`,
    )
  assert.deepEqual(new Set(arrivals.map(({ id }) => id)), expected)
  return arrivals.length - expected.size
}

/** Returns the events that arrived, without repeats, before an earlier one of their order. */
export function outOfOrder({ arrivals }: Listener): string[] {
  const latest = new Map<string, number>()
  const seen = new Set<string>()
  return arrivals.flatMap(({ id, orderId, version }) => {
    if (seen.has(id)) return []
    seen.add(id)
    const before = latest.get(orderId) ?? 0
    latest.set(orderId, version)
    return version === before + 1 ? [] : [`${orderId}: ${version} after ${before}`]
  })
}

/** Returns the position up to which a webhook has come. */
export async function cursorOf({ postgres }: Shop, id: string): Promise<number> {
  const [row] = await postgres.owner.query<{ cursor: string }>({
    text: 'SELECT cursor FROM webhooks WHERE id = $1',
    values: [id],
  })
  return Number(row?.cursor)
}
