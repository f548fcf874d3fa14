import { EmptyObject, Text } from '@shop/service/schemas'
import { type TObject, Type } from 'typebox'
import {
  type OrderDetails,
  type OrderStatus,
  orderStatuses,
  Shipment,
  ShippingAddress,
  type Verb,
} from './order.ts'

/** What an event in an order's history is about. */
export const eventTypes = [
  'placed',
  'paid',
  'paid_late',
  'shipped',
  'tracked',
  'delivered',
  'cancelled',
  'refunded',
  'readdressed',
  'noted',
  'reverted',
  'erased',
] as const

export type EventType = (typeof eventTypes)[number]

/** A move of an order from one of the statuses `from` to the status `to`, where `same` is the one it has. */
export type Move = {
  from: readonly OrderStatus[]
  to: OrderStatus | 'same'
  event: EventType
  if?: Condition
}

/**
 * `whole`: the refund completes the total; `part`: it does not; `neverPaid`: no payment is recorded; `latePayment`: a
 * payment arrived after the cancellation, and has not been refunded.
 */
export type Condition = 'whole' | 'part' | 'neverPaid' | 'latePayment'

/** Who acts: the owner of the order through /orders, an operator through /admin/orders. */
export type Party = 'owner' | 'operator'

export type Transition = {
  verb: Verb
  by: Party
  summary: string
  body: TObject
  moves: readonly Move[]
  /** The members of the event's data that the owner sees in the history; without it, the owner sees no such event. */
  shown?: readonly string[]
}

const Reason = Text({ maxLength: 500, examples: ['Ordered by mistake'] })

const CancelNote = Text({ maxLength: 500, examples: ['I meant the larger one'] })

const named = (title: string) => ({ title, additionalProperties: false })

const cancelled = {
  moves: [{ from: ['pending'], to: 'cancelled', event: 'cancelled' }],
  shown: ['reason', 'note'],
} as const

const refundable = ['paid', 'shipped', 'delivered'] as const

/**
 * Everything that can happen to an order after it is placed. Routes, OpenAPI document, the actions in an order and the
 * statement that changes it follow from this table; is_order_transition() in the database has the same moves.
 */
export const transitions: readonly Transition[] = [
  {
    verb: 'cancel',
    by: 'owner',
    summary: "Cancel one of the caller's own orders",
    body: Type.Object(
      { reason: Type.Optional(Reason), note: Type.Optional(CancelNote) },
      named('Cancellation'),
    ),
    ...cancelled,
  },
  {
    verb: 'cancel',
    by: 'operator',
    summary: 'Cancel an order',
    body: Type.Object({ reason: Reason }, named('OperatorsCancellation')),
    ...cancelled,
  },
  {
    verb: 'pay',
    by: 'operator',
    summary: 'Record the payment of an order',
    body: Type.Object({ reference: Text({ maxLength: 200, examples: ['payment-2001'] }) }, named('Payment')),
    moves: [
      { from: ['pending'], to: 'paid', event: 'paid' },
      { from: ['cancelled'], to: 'same', event: 'paid_late', if: 'neverPaid' },
    ],
    shown: [],
  },
  {
    verb: 'ship',
    by: 'operator',
    summary: 'Record the shipment of an order',
    body: Shipment,
    moves: [{ from: ['paid'], to: 'shipped', event: 'shipped' }],
    shown: ['carrier', 'trackingNumber', 'trackingUrl'],
  },
  {
    verb: 'track',
    by: 'operator',
    summary: 'Correct the shipment of an order',
    body: Shipment,
    moves: [{ from: ['shipped', 'delivered'], to: 'same', event: 'tracked' }],
    shown: ['carrier', 'trackingNumber', 'trackingUrl'],
  },
  {
    verb: 'deliver',
    by: 'operator',
    summary: 'Record the delivery of an order',
    body: EmptyObject,
    moves: [{ from: ['shipped'], to: 'delivered', event: 'delivered' }],
    shown: [],
  },
  {
    verb: 'refund',
    by: 'operator',
    summary: 'Record a refund, of the whole remainder or of a part',
    body: Type.Object(
      {
        amount: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: Number.MAX_SAFE_INTEGER,
            description: 'In minor units; the whole remainder when absent.',
            examples: [1250],
          }),
        ),
        reason: Reason,
      },
      named('Refund'),
    ),
    moves: [
      { from: refundable, to: 'refunded', event: 'refunded', if: 'whole' },
      { from: refundable, to: 'same', event: 'refunded', if: 'part' },
      { from: ['cancelled'], to: 'same', event: 'refunded', if: 'latePayment' },
    ],
    shown: ['reason'],
  },
  {
    verb: 'readdress',
    by: 'operator',
    summary: 'Change where an order goes, before it is shipped',
    body: Type.Object({ shippingAddress: ShippingAddress }, named('AddressChange')),
    moves: [{ from: ['pending', 'paid'], to: 'same', event: 'readdressed' }],
    shown: [],
  },
  {
    verb: 'note',
    by: 'operator',
    summary: 'Add a note for other operators',
    body: Type.Object(
      { note: Text({ maxLength: 2000, examples: ['Customer called: deliver before noon.'] }) },
      named('Note'),
    ),
    moves: [{ from: orderStatuses, to: 'same', event: 'noted' }],
  },
  {
    verb: 'revert',
    by: 'operator',
    summary: 'Take back a wrong delivery or shipment',
    body: Type.Object({ reason: Reason }, named('Reversal')),
    moves: [
      { from: ['delivered'], to: 'shipped', event: 'reverted' },
      { from: ['shipped'], to: 'paid', event: 'reverted' },
    ],
    shown: [],
  },
]

/** Personal data of these orders can be erased: nothing more will be sent to their address. */
export const closedStatuses = ['delivered', 'cancelled', 'refunded'] as const satisfies OrderStatus[]

/** What the conditions of moves depend on. */
type TransitionState = Pick<OrderDetails, 'status' | 'latePayment' | 'paymentReference'>

/** Returns what `party` may do to an order in this state. */
export function actionsOf(order: TransitionState, party: Party): Verb[] {
  const isPossible = (move: Move) => move.from.includes(order.status) && mayHold(move.if, order)
  return transitions.filter(({ by, moves }) => by === party && moves.some(isPossible)).map(({ verb }) => verb)
}

function mayHold(
  condition: Condition | undefined,
  { latePayment, paymentReference }: TransitionState,
): boolean {
  if (condition === 'latePayment') return latePayment
  // not by what was refunded: of an order that costs nothing, that is always nothing
  if (condition === 'neverPaid') return (paymentReference ?? null) === null
  return true
}

/** Returns the members of an event's data that the owner may see, or undefined if the event is not for the owner. */
export function shownToOwner(type: EventType): readonly string[] | undefined {
  const transition = transitions.find(({ moves }) => moves.some(({ event }) => event === type))
  return transition ? transition.shown : []
}

/** The types of the events that the owner does not see. */
export const hiddenFromOwner = eventTypes.filter((type) => shownToOwner(type) === undefined)
