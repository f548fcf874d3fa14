import type { User } from '@shop/service/auth/token-verifier'
import type { TextRow } from '@shop/service/database/database'
import { AppError, ConflictError, NotFoundError } from '@shop/service/errors'
import { type AnswerOnce, canonicalJson } from './answer-once.ts'
import { type Change, createOrderChanges, type OrderChanges, type OrderState } from './db/order-changes.ts'
import { toOrderDetails } from './db/order-rows.ts'
import type { Verb } from './order.ts'
import { actionsOf, type Party } from './transitions.ts'

export type ChangeOrderRequest = {
  orderId: string
  verb: Verb
  party: Party
  user: User
  body: Record<string, unknown>
  /** The versions in If-Match; any when absent. */
  versions?: number[] | undefined
  /** Makes the request safe to repeat, for 24 hours. */
  idempotencyKey?: string | undefined
  traceparent?: string | undefined
}

export type ChangeOrder = ReturnType<typeof createChangeOrder>

/**
 * Returns a function that changes an order by a transition, once per key, and answers with the changed order. The key is
 * looked up before the version is compared, so that a retry with the old version gets the answer of the first attempt.
 * Throws NotFoundError, AppError 412 `version_mismatch` if the order has another version, ConflictError
 * `illegal_transition` or `refund_too_large`, and the errors of AnswerOnce.
 */
export function createChangeOrder({
  answerOnce,
  onChanged,
}: {
  answerOnce: AnswerOnce
  /** Called for each change that is stored. */
  onChanged?: (verb: Verb) => void
}) {
  return async (request: ChangeOrderRequest) => {
    const { orderId, verb, party, user, body, versions, idempotencyKey, traceparent } = request
    const answer = await answerOnce({
      userId: user.id,
      key: idempotencyKey,
      request: `${party} ${verb} ${orderId.toLowerCase()} ${canonicalJson(body)}`,
      orderId,
      answer: async (tx) => {
        const changes = createOrderChanges(tx)
        const userId = party === 'owner' ? user.id : await changes.findUserOf(orderId)
        if (userId === undefined) throw new NotFoundError('order')
        const change = { userId, orderId, verb, party, actor: user, body, versions, traceparent }
        const order = toOrderDetails(await applyOrRefuse(changes, change), party)
        return { status: 200, body: JSON.stringify(order), location: `/orders/${order.id}` }
      },
    })
    if (!answer.replayed) onChanged?.(verb)
    return answer
  }
}

async function applyOrRefuse(changes: OrderChanges, change: Change): Promise<TextRow> {
  const row = await changes.apply(change)
  if (row) return row
  const state = await changes.lockState(change)
  if (!state) throw new NotFoundError('order')
  const refusal = refusalOf(change, state)
  if (refusal) throw refusal
  // the order has changed in between and now allows this, and the lock keeps it so
  const secondRow = await changes.apply(change)
  if (!secondRow) throw new Error(`The statement of ${change.verb} disagrees with the table of transitions`)
  return secondRow
}

function refusalOf(change: Change, state: OrderState): AppError | undefined {
  const { versions, verb, party, body } = change
  if (versions && !versions.includes(state.version)) return versionMismatch(change, state)
  if (!actionsOf(state, party).includes(verb)) return illegalTransition(change, state)
  const remaining = state.totalAmount - state.refundedAmount
  const { amount } = body
  if (verb === 'refund' && typeof amount === 'number' && amount > remaining) {
    return new ConflictError(
      'refund_too_large',
      `Only ${remaining} of ${state.totalAmount} is left to refund, in minor units.`,
      { members: { order: shownState(change, state) } },
    )
  }
  return undefined
}

function versionMismatch(change: Change, state: OrderState) {
  const { version, lastEvent } = state
  const { type, at, actor } = lastEvent
  const who =
    change.party === 'owner' && actor.id !== change.userId ? 'the shop' : `${actor.role} ${actor.id}`
  return new AppError(
    412,
    'version_mismatch',
    `The order is at version ${version}: ${type} at ${at} by ${who}.`,
    { members: { order: shownState(change, state) } },
  )
}

function illegalTransition(change: Change, state: OrderState) {
  const allowed = actionsOf(state, change.party)
  return new ConflictError(
    'illegal_transition',
    `An order that is ${state.status} does not allow ${change.verb}. ${
      allowed.length > 0 ? `Allowed: ${allowed.join(', ')}.` : 'Nothing is allowed any more.'
    }`,
    { members: { order: shownState(change, state) } },
  )
}

/** What a refusal says about the order; an owner does not learn which operator acted. */
function shownState({ orderId, party }: Change, state: OrderState) {
  const { status, version, lastEvent } = state
  const { actor, ...event } = lastEvent
  return {
    id: orderId.toLowerCase(),
    status,
    version,
    actions: actionsOf(state, party),
    lastEvent: party === 'operator' ? lastEvent : event,
  }
}
