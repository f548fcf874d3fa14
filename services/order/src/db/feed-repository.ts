import { toArrayLiteral } from '@shop/service/database/array-literal'
import type { Statement, TextQueryable, TextRow } from '@shop/service/database/database'
import { ServiceUnavailableError } from '@shop/service/errors'
import type { FeedState } from '@shop/service/paging/feed-cursor'
import type { OrderStatus } from '../order.ts'
import { type OrderAfterEvent, orderAfterEvent, type Step, stepTypes } from '../streams/order-after-event.ts'
import type { EventType } from '../transitions.ts'

/** Where the feed has an event, and what it is about. */
export type FeedEvent = {
  position: number
  userId: string
  orderId: string
  version: number
  type: EventType
}

/** Events of the feed, oldest first, and what the feed had at the same moment. */
export type FeedPage = { state: FeedState; events: FeedEvent[] }

export type FeedRepository = ReturnType<typeof createFeedRepository>

/**
 * Reads the feed, which belongs to the relay, through the functions of its migrations. All methods throw
 * ServiceUnavailableError `feed_unavailable` while this database has no feed.
 */
export function createFeedRepository(db: TextQueryable) {
  async function readPage(statement: Statement): Promise<FeedPage> {
    const rows = await db.queryTexts(statement).catch((cause) => {
      throw isWithoutFeed(cause) ? feedUnavailable(cause) : cause
    })
    const [state] = rows
    if (!state) throw feedUnavailable()
    return {
      state: { epoch: state[0] as string, head: Number(state[1]), oldest: Number(state[2]) },
      events: rows.filter(([, , , position]) => position !== null).map(toFeedEvent),
    }
  }

  return {
    /** Returns at most `limit` events of all users after a position. */
    readEvents: (after: number, limit: number) =>
      readPage({ name: 'select-feed', text: selectPage('feed_after($1, $2)'), values: [after, limit] }),

    /** Returns at most `limit` events of a user after a position; none if it is undefined. */
    readEventsOfUser: (userId: string, after: number | undefined, limit: number) =>
      readPage({
        name: 'select-feed-of-user',
        text: selectPage('feed_of_user_after($1, $2, $3)'),
        values: [userId, after ?? null, limit],
      }),

    /** Returns for each of the events the order as it was after it; undefined for orders that are gone. */
    async readOrders(events: readonly FeedEvent[]): Promise<(OrderAfterEvent | undefined)[]> {
      if (events.length === 0) return []
      const rows = await db.queryTexts({
        ...selectOrders,
        values: [
          toArrayLiteral(events.map(({ userId }) => userId)),
          toArrayLiteral(events.map(({ orderId }) => orderId)),
          toArrayLiteral(events.map(({ version }) => version)),
        ],
      })
      const orders = new Map(rows.map((row) => [keyOf(row[0] as string, row[1] as string), toOrder(row)]))
      return events.map(({ orderId, version }) => orders.get(keyOf(orderId, version)))
    },
  }
}

const keyOf = (orderId: string, version: number | string) => `${orderId} ${version}`

/** The migrations of the relay are not applied, or do not let this role execute their functions. */
const isWithoutFeed = (error: unknown) =>
  error instanceof Error && 'code' in error && (error.code === '42883' || error.code === '42501')

const feedUnavailable = (cause?: unknown) =>
  new ServiceUnavailableError('feed_unavailable', 'The feed of events has not started.', {
    cause,
    retryAfterSeconds: 5,
  })

function toFeedEvent(row: TextRow): FeedEvent {
  const [position, userId, orderId, version, type] = row.slice(3) as string[]
  return {
    position: Number(position),
    userId: userId as string,
    orderId: orderId as string,
    version: Number(version),
    type: type as EventType,
  }
}

function toOrder(row: TextRow): OrderAfterEvent {
  const [
    id,
    version,
    at,
    status,
    userId,
    productId,
    productName,
    itemCount,
    totalAmount,
    currency,
    createdAt,
  ] = row as string[]
  const facts = {
    id: id as string,
    userId: userId as string,
    productId: productId as string,
    productName: productName as string,
    itemCount: Number(itemCount),
    totalAmount: Number(totalAmount),
    currency: currency as string,
    createdAt: createdAt as string,
  }
  const event = { version: Number(version), status: status as OrderStatus, at: at as string }
  return orderAfterEvent(facts, event, JSON.parse(row[11] ?? '[]') as Step[])
}

/** In one statement, so that the events and the head are of one moment. */
const selectPage = (events: string) => `
  SELECT state.epoch, state.head, state.oldest, event.position, event.user_id, event.order_id, event.version, event.type
  FROM feed_head() AS state LEFT JOIN LATERAL ${events} AS event ON true
  ORDER BY event.position`

const selectOrders = {
  name: 'select-orders-after-events',
  text: `
    SELECT orders.id, event.version, event.at, event.status, orders.user_id, product_id, product_name, item_count,
      total_amount, orders.currency, orders.created_at, (
        SELECT json_agg(json_build_object(
          'type', type, 'status', status, 'amount', amount, 'carrier', data->>'carrier',
          'trackingNumber', data->>'trackingNumber', 'trackingUrl', data->>'trackingUrl') ORDER BY version)
        FROM order_events AS step
        WHERE step.order_id = wanted.order_id AND step.user_id = wanted.user_id AND step.version <= wanted.version
          AND step.type IN (${stepTypes.map((type) => `'${type}'`).join(', ')})
      )
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[]) AS wanted (user_id, order_id, version)
    JOIN order_events AS event
      ON event.order_id = wanted.order_id AND event.version = wanted.version AND event.user_id = wanted.user_id
    JOIN orders ON orders.id = wanted.order_id AND orders.user_id = wanted.user_id`,
}
