import { toArrayLiteral } from '@shop/service/database/array-literal'
import type { TextQueryable, TextRow } from '@shop/service/database/database'
import { ServiceUnavailableError } from '@shop/service/errors'
import type { FeedState } from '@shop/service/paging/feed-cursor'
import { type OrderFacts, type Step, stepTypes } from '../order-data.ts'

/** A row of the feed with what its event alone says. Times are PostgreSQL's texts. */
export type FeedRow = {
  position: number
  id: string
  userId: string
  orderId: string
  version: number
  type: string
  at: string
  /** Null when somebody has deleted the order. */
  status: string | null
  traceparent: string | null
}

export type Order = { facts: OrderFacts; steps: Step[] }

export type FeedRepository = ReturnType<typeof createFeedRepository>

/** Positions that one statement looks at, when it seeks events of some types. */
const maxLookedAt = 10_000

export type ReadOptions = {
  /** A position; from the first event that is kept when absent. */
  after?: number | undefined
  limit: number
  /** All types when absent. */
  types?: readonly string[] | undefined
}

export function createFeedRepository(db: TextQueryable) {
  return {
    /** Returns what the feed has. Throws ServiceUnavailableError while the relay has not run in this database. */
    async readState(): Promise<FeedState> {
      const [row] = await db.queryTexts({ ...selectState, values: [] })
      return toState(row)
    },

    /**
     * Returns the events after a position, oldest first, up to which position it has looked, and what the feed has, all at
     * one moment. Throws like readState.
     */
    async readRows({ after, limit, types }: ReadOptions) {
      const values = [after ?? null, limit]
      const listed = await db.queryTexts(
        types ? { ...selectOfTypes, values: [...values, toArrayLiteral(types)] } : { ...selectAll, values },
      )
      const state = toState(listed[0])
      const rows = listed
        .filter(([, , , position]) => position !== null)
        .map((row) => toFeedRow(row.slice(3)))
      const from = after ?? state.oldest - 1
      const last = rows.at(-1)
      const lookedUpTo =
        last && rows.length === limit
          ? last.position
          : Math.max(from, Math.min(state.head, from + maxLookedAt))
      return { rows, lookedUpTo, state }
    },

    /** Returns those of the orders that exist, by id, with all steps that they have had so far. */
    async findOrders(ids: readonly string[]): Promise<Map<string, Order>> {
      const array = toArrayLiteral(ids)
      const [orders, steps] = await Promise.all([
        db.queryTexts({ ...selectOrders, values: [array] }),
        db.queryTexts({ ...selectSteps, values: [array, toArrayLiteral(stepTypes)] }),
      ])
      const found = new Map(
        orders.map((row) => [row[0] as string, { facts: toFacts(row), steps: [] as Step[] }]),
      )
      for (const row of steps) found.get(row[0] as string)?.steps.push(toStep(row))
      return found
    },
  }
}

function toState(row: TextRow | undefined): FeedState {
  if (!row)
    throw new ServiceUnavailableError('feed_unavailable', 'The feed has not started in this database.', {
      headers: { 'retry-after': '1' },
    })
  return { epoch: row[0] as string, head: Number(row[1]), oldest: Number(row[2]) }
}

function toFeedRow(row: TextRow): FeedRow {
  const [position, id, userId, orderId, version, type, at, status, traceparent] = row
  return {
    position: Number(position),
    id: id as string,
    userId: userId as string,
    orderId: orderId as string,
    version: Number(version),
    type: type as string,
    at: at as string,
    status: status ?? null,
    traceparent: traceparent ?? null,
  }
}

function toFacts(row: TextRow): OrderFacts {
  const [, productId, productName, itemCount, totalAmount, currency, createdAt, items] = row as string[]
  return {
    productId: productId as string,
    productName: productName as string,
    itemCount: Number(itemCount),
    totalAmount: Number(totalAmount),
    currency: currency as string,
    createdAt: createdAt as string,
    items: JSON.parse(items ?? '[]'),
  }
}

function toStep(row: TextRow): Step {
  const [, version, type, status, amount, shipment] = row
  return {
    version: Number(version),
    type: type as string,
    status: status as string,
    amount: Number(amount ?? 0),
    shipment: JSON.parse(shipment ?? '{}'),
  }
}

const head = '(SELECT position FROM feed ORDER BY position DESC LIMIT 1)'

const state = `SELECT epoch, coalesce(${head}, 0) AS head, oldest FROM relay_state WHERE fingerprint = feed_fingerprint()`

const selectState = { name: 'select-feed-state', text: state }

/** In one statement, so that no clean-up comes between the comparison of the cursor and the reading. */
const selectRows = (ofTypes: string) => `
  SELECT state.*, page.position, page.id, page.user_id, page.order_id, page.version, page.type, page.at, event.status,
    event.traceparent
  FROM (${state}) AS state
  LEFT JOIN LATERAL (
    SELECT * FROM feed
    WHERE position > coalesce($1::bigint, oldest - 1) AND position <= coalesce($1::bigint, oldest - 1) + ${maxLookedAt}
      ${ofTypes}
    ORDER BY position LIMIT $2
  ) AS page ON true
  LEFT JOIN order_events AS event ON event.order_id = page.order_id AND event.version = page.version
  ORDER BY page.position`

const selectAll = { name: 'select-feed', text: selectRows('') }

const selectOfTypes = { name: 'select-feed-of-types', text: selectRows('AND type = ANY ($3::text[])') }

const selectOrders = {
  name: 'select-orders-of-events',
  text: `
    SELECT id, product_id, product_name, item_count, total_amount, currency, created_at, (
      SELECT json_agg(json_build_object('position', position, 'productId', product_id, 'productName', product_name,
        'quantity', quantity, 'unitAmount', unit_amount) ORDER BY position)
      FROM order_items WHERE order_id = orders.id
    )
    FROM orders WHERE id = ANY ($1::uuid[])`,
}

const selectSteps = {
  name: 'select-steps-of-orders',
  text: `
    SELECT order_id, version, type, status, amount, json_strip_nulls(json_build_object(
      'carrier', data->'carrier', 'trackingNumber', data->'trackingNumber', 'trackingUrl', data->'trackingUrl'))
    FROM order_events WHERE order_id = ANY ($1::uuid[]) AND type = ANY ($2::text[]) ORDER BY order_id, version`,
}
