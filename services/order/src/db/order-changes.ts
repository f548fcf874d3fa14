import type { Role } from '@shop/service/auth/token-verifier'
import type { TextQueryable, TextRow } from '@shop/service/database/database'
import { toTimestamp } from '@shop/service/database/timestamp'
import { v7 as uuidv7 } from 'uuid'
import type { OrderStatus, Verb } from '../order.ts'
import {
  type Condition,
  type EventType,
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
}

/** What an order is at present, for the explanation of a change that was refused. */
export type OrderState = {
  status: OrderStatus
  version: number
  totalAmount: number
  refundedAmount: number
  latePayment: boolean
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
      const { userId, orderId, verb, party, actor, body, versions } = change
      const statement = statements[`${party} ${verb}`]
      if (!statement) throw new Error(`No transition of the ${party} is called ${verb}`)
      const [row] = await db.queryTexts({
        ...statement,
        values: [
          orderId,
          userId,
          versions ? `{${versions.join()}}` : null,
          JSON.stringify(body),
          uuidv7(),
          JSON.stringify(actor),
        ],
      })
      return row
    },

    /** Returns the state of the user's order, or undefined when there is no such order. */
    async findState({
      userId,
      orderId,
    }: Pick<Change, 'userId' | 'orderId'>): Promise<OrderState | undefined> {
      const [row] = await db.queryTexts({ ...selectState, values: [orderId, userId] })
      if (!row) return undefined
      const [status, version, totalAmount, refundedAmount, latePayment, type, at, actor] = row as string[]
      return {
        status: status as OrderStatus,
        version: Number(version),
        totalAmount: Number(totalAmount),
        refundedAmount: Number(refundedAmount),
        latePayment: latePayment === 't',
        lastEvent: {
          type: type as EventType,
          at: toTimestamp(at as string),
          actor: JSON.parse(actor as string),
        },
      }
    },
  }
}

const selectState = {
  name: 'select-order-state',
  text: `
    SELECT orders.status, orders.version, total_amount, refunded_amount, late_payment, type, at, actor
    FROM orders JOIN order_events
      ON order_events.order_id = orders.id AND order_events.version = orders.version
      AND order_events.user_id = orders.user_id
    WHERE orders.id = $1 AND orders.user_id = $2`,
}

const body = '$4::jsonb'
const refund = `coalesce((${body}->>'amount')::bigint, total_amount - refunded_amount)`

const conditions: Record<Condition, string> = {
  whole: `refunded_amount + ${refund} = total_amount`,
  part: `refunded_amount + ${refund} < total_amount`,
  neverPaid: 'NOT late_payment AND refunded_amount = 0',
  latePayment: `late_payment AND refunded_amount + ${refund} <= total_amount`,
}

/** What a verb sets besides status, version and time, and the money that moves: SQL over the order as it is. */
type Effect = { set?: Record<string, string>; amount?: string }

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
  readdress: { set: { shipping_address: `${body}->'shippingAddress'` } },
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
  const { set = {}, amount = 'NULL::bigint' } = effects[verb] ?? {}
  const columns = Object.keys(set)
  const choose = (value: (move: Move) => string) =>
    `CASE ${moves.map((move) => `WHEN ${isPossible(move)} THEN ${value(move)}`).join(' ')} END`
  return {
    name: `${verb}-order-by-${by}`,
    text: `
      WITH before AS (
        SELECT id AS order_id, ${choose(({ to }) => (to === 'same' ? 'status' : `'${to}'`))} AS new_status,
          ${choose(({ event }) => `'${event}'`)} AS type, ${amount} AS amount
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
        RETURNING orders.*, type, amount
      ), event AS (
        INSERT INTO order_events (id, user_id, order_id, version, type, status, actor, at, amount, currency, data)
        SELECT $5, user_id, id, version, type, status, $6, updated_at, amount,
          CASE WHEN amount IS NOT NULL THEN currency END, ${body} - 'amount'
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
