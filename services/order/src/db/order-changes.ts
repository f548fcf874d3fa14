import type { Role } from '@shop/service/auth/token-verifier'
import type { TextQueryable, TextRow } from '@shop/service/database/database'
import { toTimestamp } from '@shop/service/database/timestamp'
import { newId } from '@shop/service/new-id'
import type { OrderStatus, Verb } from '../order.ts'
import {
  type Condition,
  type EventType,
  hiddenFromOwner,
  type Move,
  type Party,
  type Transition,
  transitions,
} from '../transitions.ts'
import { detailColumns } from './order-rows.ts'

export type Actor = { id: string; role: Role }

export type Change = {
  userId: string
  orderId: string
  verb: Verb
  party: Party
  actor: Actor
  /** The body of the request, as its schema in `transitions` has it. */
  body: Record<string, unknown>
  /** The versions that the order may have; any when absent. */
  versions?: number[] | undefined
  /** The trace that the request is part of (W3C Trace Context), for those who learn of the change later. */
  traceparent?: string | undefined
}

/** What an order is at present, for the explanation of a change that was refused. */
export type OrderState = {
  status: OrderStatus
  version: number
  totalAmount: number
  refundedAmount: number
  latePayment: boolean
  paymentReference: string | null
  /** The last one that the party sees. */
  lastEvent: { type: EventType; at: string; actor: Actor }
}

export type OrderChanges = ReturnType<typeof createOrderChanges>

export function createOrderChanges(db: TextQueryable) {
  return {
    /** Returns the user whose order this is, or undefined when there is no such order. */
    async findUserOf(orderId: string): Promise<string | undefined> {
      const [row] = await db.queryTexts({
        name: 'find-user-of-order',
        text: 'SELECT user_id FROM orders WHERE id = $1',
        values: [orderId],
      })
      return row?.[0] ?? undefined
    },

    /**
     * Changes an order and writes the event, in one statement, if the order's status and version allow it.
     * Returns the row of the changed order for toOrderDetails, or undefined if nothing was changed.
     */
    async apply(change: Change): Promise<TextRow | undefined> {
      const { userId, orderId, verb, party, actor, body, versions, traceparent } = change
      const statement = statements[`${party} ${verb}`]
      if (!statement) throw new Error(`No transition of the ${party} is called ${verb}`)
      const [row] = await db.queryTexts({
        ...statement,
        values: [
          orderId,
          userId,
          versions ? `{${versions.join()}}` : null,
          JSON.stringify(body),
          newId(),
          JSON.stringify(actor),
          traceparent ?? null,
        ],
      })
      return row
    },

    /**
     * Locks the user's order until the end of the transaction and returns its state, or undefined when there is no
     * such order.
     */
    async lockState({
      userId,
      orderId,
      party,
    }: Pick<Change, 'userId' | 'orderId' | 'party'>): Promise<OrderState | undefined> {
      const hidden = party === 'owner' ? hiddenFromOwner : []
      // Two statements: after waiting for the lock, the first would join the order as it has become to the last event
      // of before.
      const [, [row]] = await Promise.all([
        db.queryTexts({ ...lockOrder, values: [orderId, userId] }),
        db.queryTexts({ ...selectState, values: [orderId, userId, `{${hidden.join()}}`] }),
      ])
      if (!row) return undefined
      const [status, version, totalAmount, refundedAmount, latePayment, reference, type, at, actor] = row as [
        OrderStatus,
        string,
        string,
        string,
        string,
        string | null,
        EventType,
        string,
        string,
      ]
      return {
        status,
        version: Number(version),
        totalAmount: Number(totalAmount),
        refundedAmount: Number(refundedAmount),
        latePayment: latePayment === 't',
        paymentReference: reference,
        lastEvent: { type, at: toTimestamp(at), actor: JSON.parse(actor) },
      }
    },
  }
}

const lockOrder = {
  name: 'lock-order',
  text: 'SELECT FROM orders WHERE id = $1 AND user_id = $2 FOR UPDATE',
}

const selectState = {
  name: 'select-order-state',
  text: `
    SELECT status, version, total_amount, refunded_amount, late_payment, payment_reference, last.*
    FROM orders, LATERAL (
      SELECT type, at, actor FROM order_events
      WHERE order_id = orders.id AND user_id = orders.user_id AND type <> ALL ($3::text[])
      ORDER BY version DESC LIMIT 1
    ) AS last
    WHERE id = $1 AND user_id = $2`,
}

const body = '$4::jsonb'
const refund = `coalesce((${body}->>'amount')::bigint, total_amount - refunded_amount)`

const conditions: Record<Condition, string> = {
  whole: `refunded_amount + ${refund} = total_amount`,
  part: `refunded_amount + ${refund} < total_amount`,
  neverPaid: 'payment_reference IS NULL',
  latePayment: `late_payment AND refunded_amount + ${refund} <= total_amount`,
}

/** What a verb sets besides status, version and time, the money that moves, and more: SQL over the order as it is. */
type Effect = {
  set?: Record<string, string>
  amount?: string
  /** What the event records besides the body. */
  recorded?: Record<string, string>
}

const shipment = {
  set: {
    carrier: `${body}->>'carrier'`,
    tracking_number: `${body}->>'trackingNumber'`,
    tracking_url: `${body}->>'trackingUrl'`,
  },
}

const effects: Partial<Record<Verb, Effect>> = {
  pay: {
    set: { payment_reference: `${body}->>'reference'`, late_payment: `status = 'cancelled'` },
    amount: 'total_amount',
  },
  ship: shipment,
  track: shipment,
  refund: {
    set: {
      refunded_amount: `refunded_amount + ${refund}`,
      late_payment: `late_payment AND refunded_amount + ${refund} < total_amount`,
    },
    amount: refund,
  },
  readdress: {
    set: { shipping_address: `${body}->'shippingAddress'` },
    // also for repeated requests, which are answered with the order as it was placed
    recorded: { previousAddress: 'shipping_address' },
  },
  // a shipment that was taken back is no longer shown
  revert: {
    set: Object.fromEntries(
      Object.keys(shipment.set).map((column) => [column, `CASE status WHEN 'delivered' THEN ${column} END`]),
    ),
  },
}

/**
 * Returns the statement of a transition. `before` locks the order and says what it becomes, if one of the moves is
 * possible: after waiting for another change, PostgreSQL looks at the order as that change has left it.
 */
function changeStatement({ verb, by, moves }: Transition) {
  const { set = {}, amount = 'NULL::bigint', recorded = {} } = effects[verb] ?? {}
  const data = Object.entries(recorded).map(([name, value]) => ` || jsonb_build_object('${name}', ${value})`)
  const columns = Object.keys(set)
  const choose = (value: (move: Move) => string) =>
    `CASE ${moves.map((move) => `WHEN ${isPossible(move)} THEN ${value(move)}`).join(' ')} END`
  return {
    name: `${verb}-order-by-${by}`,
    text: `
      WITH before AS (
        SELECT id AS order_id, ${choose(({ to }) => (to === 'same' ? 'status' : `'${to}'`))} AS new_status,
          ${choose(({ event }) => `'${event}'`)} AS type, ${amount} AS amount,
          ${body} - 'amount'${data.join('')} AS data
          ${columns.map((column) => `, ${set[column]} AS new_${column}`).join('')}
        FROM orders
        WHERE id = $1 AND user_id = $2 AND ($3::integer[] IS NULL OR version = ANY ($3::integer[]))
          AND (${moves.map(isPossible).join(' OR ')})
        FOR UPDATE
      ), changed AS (
        UPDATE orders
        SET status = new_status, version = version + 1,
          -- not now(), which is when this transaction began: perhaps before the change that it has waited for
          updated_at = greatest(clock_timestamp(), updated_at + interval '1 microsecond')
          ${columns.map((column) => `, ${column} = new_${column}`).join('')}
        FROM before WHERE id = order_id AND user_id = $2
        RETURNING orders.*, type, amount, data
      ), event AS (
        INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at, amount, currency, data, traceparent)
        SELECT $5, user_id, id, version, type, status, $6, updated_at, amount,
          CASE WHEN amount IS NOT NULL THEN currency END, data, $7
        FROM changed
      )
      SELECT ${detailColumns('changed')} FROM changed`,
  }
}

function isPossible({ from, if: condition }: Move): string {
  const inStatus = `status IN (${from.map((status) => `'${status}'`).join(', ')})`
  return condition ? `(${inStatus} AND ${conditions[condition]})` : inStatus
}

const statements = Object.fromEntries(
  transitions.map((transition) => [`${transition.by} ${transition.verb}`, changeStatement(transition)]),
)
