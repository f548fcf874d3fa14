import { randomUUID } from 'node:crypto'
import { type Answer, codeOf, type SendUntilAnswered } from './answers.ts'
import type { Shopper } from './shop.ts'

/** A change of an order that was answered: with the changed order, or with a refusal. */
export type ChangeOutcome = {
  orderId: string
  actorId: string
  /** The type of its event, if it is made. */
  type: string
  /** A text that no other change has, in the data of its event. */
  marker: string
  /** Undefined if the change was refused. */
  made: { version: number; status: string } | undefined
}

type Contender = { verb: string; type: string; by: 'owner' | 'operator'; bodyOf: (marker: string) => object }

const contenders: Contender[] = [
  { verb: 'pay', type: 'paid', by: 'operator', bodyOf: (reference) => ({ reference }) },
  { verb: 'cancel', type: 'cancelled', by: 'owner', bodyOf: (note) => ({ note }) },
  { verb: 'cancel', type: 'cancelled', by: 'operator', bodyOf: (reason) => ({ reason }) },
  {
    verb: 'ship',
    type: 'shipped',
    by: 'operator',
    bodyOf: (trackingNumber) => ({ carrier: 'Post', trackingNumber }),
  },
  { verb: 'refund', type: 'refunded', by: 'operator', bodyOf: (reason) => ({ amount: 1, reason }) },
  { verb: 'note', type: 'noted', by: 'operator', bodyOf: (note) => ({ note }) },
]

/** Some changes insist on the version that the order was placed with, so all but one of them are refused. */
const matchShare = 0.3

const refusals = ['409 illegal_transition', '412 version_mismatch']

/**
 * Sends a payment, a cancellation and two other changes of a new order at the same time, each with a key and
 * repeated until it is answered.
 */
export async function raceChanges(
  orderId: string,
  parties: { owner: Shopper; operator: Shopper },
  random: () => number,
  send: SendUntilAnswered,
): Promise<{ outcomes: ChangeOutcome[]; wrong: string[] }> {
  const wrong: string[] = []
  const pick = (from: Contender[]) => from[Math.floor(random() * from.length)] as Contender
  const [pay, ...others] = contenders as [Contender, ...Contender[]]
  const chosen = [pay, pick(others.slice(0, 2)), pick(others.slice(2)), pick(others.slice(2))]
  const racing = chosen.map((contender) => ({ ...contender, matches: random() < matchShare }))

  const outcomes = await Promise.all(
    racing.map(async ({ verb, type, by, bodyOf, matches }): Promise<ChangeOutcome | undefined> => {
      const { id: actorId, token } = parties[by]
      const marker = randomUUID()
      const prefix = by === 'owner' ? '' : '/admin'
      const answer = await send(
        { method: 'POST', path: `${prefix}/orders/{id}/${verb}` },
        `${prefix}/orders/${orderId}/${verb}`,
        { token, key: marker, json: bodyOf(marker), ...(matches && { ifMatch: '"1"' }) },
      )
      const outcome = { orderId, actorId, type, marker }
      if (answer?.status === 200) return { ...outcome, ...madeOf(answer, type) }
      if (answer && refusals.includes(`${answer.status} ${codeOf(answer)}`))
        return { ...outcome, made: undefined }
      wrong.push(`${verb} was not answered: ${answer?.status ?? 'never'} ${answer?.body}`)
      return undefined
    }),
  )
  return { outcomes: outcomes.filter((outcome) => outcome !== undefined), wrong }
}

function madeOf({ body }: Answer, type: string) {
  const { version, status, latePayment } = JSON.parse(body)
  return { type: type === 'paid' && latePayment ? 'paid_late' : type, made: { version, status } }
}
