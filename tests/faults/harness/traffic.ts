import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import {
  type Answer,
  codeOf,
  createJudge,
  type Operation,
  type RequestDetails,
  type SendUntilAnswered,
  send,
} from './answers.ts'
import { type ChangeOutcome, raceChanges } from './changes.ts'
import { createRandom } from './random.ts'
import type { Shop, Shopper } from './shop.ts'
import { contentFault, wishOf } from './wishes.ts'

/** An order that a client received a 201 for. */
export type Acknowledged = { shopper: Shopper; key: string; body: string; location: string }

export type Traffic = {
  /** The seconds of performance.now in which an order was acknowledged. */
  openSeconds: Set<number>
  requests: number
  acknowledged: Acknowledged[]
  /** What became of the changes of these orders that were answered definitively. */
  changes: ChangeOutcome[]
  /** Answers that are undocumented or untrue. Must stay empty. */
  wrong: string[]
  /** The number of answers of each kind, e.g. `201`, `503 database_unavailable` or `no answer`. */
  kinds: Map<string, number>
  /** The time that the slowest answer took, in milliseconds. */
  slowestMs: number
  /** Requests that have been sent and not yet answered. */
  inProgress: number
  /**
   * Stops the traffic. Each writer continues until its order is answered definitively, so the shop must work
   * again.
   */
  stop(): Promise<void>
}

export type TrafficOptions = {
  /** The origins that requests are sent to, in turn. */
  urls?: string[]
  writers?: number
  readers?: number
  pauseMs?: number
  /** An answer that takes longer is wrong. */
  deadlineMs?: number
  /** Whether a connection may end without an answer, because the process at its other end is killed. */
  mayGetNoAnswer?: boolean
}

/**
 * The maximum time of an answer, in milliseconds: a request waits at most twice for a database connection (once in a
 * queue) and for the product, and once for a statement before it is given up (DATABASE_CONNECT_TIMEOUT_MS,
 * UPSTREAM_TIMEOUT_MS, DATABASE_QUERY_TIMEOUT_MS and half a second), plus what a busy machine may need.
 */
export const documentedDeadlineMs = 2 * 2000 + 2 * 2000 + 5500 + 4000

/** How long a writer keeps trying to get an order answered after stop() was called. */
const lastTriesMs = 60_000

/** The share of placed orders that their owner and an operator then change, all at the same time. */
const changedShare = 0.25

const retryRandom = createRandom('pauses between tries')

/**
 * Starts shoppers who place orders, each with a key, and repeat the request until it is answered, as
 * docs/api.md tells clients to; and others who list their orders. Each has one request in progress at a time,
 * except for changes of one order, which race.
 */
export async function startTraffic(shop: Shop, options: TrafficOptions = {}): Promise<Traffic> {
  const { urls = [shop.order.url], writers = 6, readers = 3, pauseMs = 10 } = options
  const { deadlineMs = documentedDeadlineMs, mayGetNoAnswer = false } = options
  const judge = await createJudge(shop.order.url)
  const accounts: Account[] = []
  for (let n = 0; n < writers; n++) accounts.push({ shopper: await shop.newShopper(), placed: 0, begun: 0 })
  const operator = await shop.newOperator()
  let stoppedAt = Number.POSITIVE_INFINITY
  let turn = 0

  const traffic: Traffic = {
    openSeconds: new Set(),
    requests: 0,
    acknowledged: [],
    changes: [],
    wrong: [],
    kinds: new Map(),
    slowestMs: 0,
    inProgress: 0,
    async stop() {
      stoppedAt = performance.now()
      await all
    },
  }
  const stopped = () => performance.now() > stoppedAt || shop.testEnded.aborted

  /** Sends one request, counts and judges it. Resolves to undefined if there was no answer. */
  async function request(
    operation: Operation,
    path: string,
    details: RequestDetails,
  ): Promise<Answer | undefined> {
    const start = performance.now()
    traffic.requests++
    traffic.inProgress++
    const answer = await send(urls[turn++ % urls.length] + path, details).catch((error) => {
      if (!mayGetNoAnswer)
        traffic.wrong.push(`${operation.method} ${path}: no answer: ${error.cause ?? error}`)
      return undefined
    })
    traffic.inProgress--
    const tookMs = Math.round(performance.now() - start)
    traffic.slowestMs = Math.max(traffic.slowestMs, tookMs)
    if (tookMs > deadlineMs) traffic.wrong.push(`${operation.method} ${path}: answered after ${tookMs} ms`)
    const fault = answer && judge(operation, answer)
    if (fault) traffic.wrong.push(fault)
    const kind = answer ? `${answer.status} ${codeOf(answer) ?? ''}`.trim() : 'no answer'
    traffic.kinds.set(kind, (traffic.kinds.get(kind) ?? 0) + 1)
    return answer
  }

  /** Repeats the request until there is a definitive answer. */
  const untilAnswered: SendUntilAnswered = async (operation, path, details) => {
    for (;;) {
      const answer = await request(operation, path, details)
      if (answer && !mayTryAgain(answer)) return answer
      if (performance.now() > stoppedAt + lastTriesMs || shop.testEnded.aborted) return undefined
      // Retry-After, shortened so that there are many attempts
      await setTimeout(
        Math.min(Number(answer?.headers['retry-after'] ?? 0) * 1000, 250) + retryRandom() * 100,
      )
    }
  }
  const placeUntilAnswered = (details: RequestDetails) =>
    untilAnswered({ method: 'POST', path: '/orders' }, '/orders', details)

  async function write(account: Account, index: number) {
    const random = createRandom(`writer ${index}`)
    const changesRandom = createRandom(`changes of writer ${index}`)
    const { shopper } = account
    while (!stopped()) {
      const wish = wishOf(shop.products, account.begun++)
      const details = { token: shopper.token, key: randomUUID(), json: wish }
      const answer = await placeUntilAnswered(details)
      if (answer?.status !== 201) {
        traffic.wrong.push(`an order was not placed: ${answer?.status ?? 'never answered'} ${answer?.body}`)
        continue
      }
      const { body, headers } = answer
      traffic.acknowledged.push({ shopper, key: details.key, body, location: headers.location ?? '' })
      traffic.openSeconds.add(Math.floor(performance.now() / 1000))
      account.placed++
      const fault = contentFault(body, { shopper, wish, products: shop.products })
      if (fault) traffic.wrong.push(fault)
      // some clients lose the answer and repeat the request
      if (random() < 0.1) await repeat(details, body)
      if (account.placed === 1 || changesRandom() < changedShare) {
        const parties = { owner: shopper, operator }
        const race = await raceChanges(JSON.parse(body).id, parties, changesRandom, untilAnswered)
        traffic.changes.push(...race.outcomes)
        traffic.wrong.push(...race.wrong)
      }
      await setTimeout(pauseMs)
    }
  }

  async function repeat(details: RequestDetails, body: string) {
    const again = await placeUntilAnswered(details)
    if (again?.body !== body || again.headers['idempotent-replayed'] !== 'true')
      traffic.wrong.push(`a repeat was answered ${again?.status} ${again?.body} instead of ${body}`)
  }

  async function read(index: number) {
    const random = createRandom(`reader ${index}`)
    while (!stopped()) {
      const account = accounts[Math.floor(random() * accounts.length)] as Account
      const atLeast = account.placed
      const path = '/orders?limit=5&include=items'
      const answer = await request({ method: 'GET', path: '/orders' }, path, account.shopper)
      if (answer?.status === 200) {
        const { data, meta } = JSON.parse(answer.body)
        if (meta.count < atLeast || meta.count > account.begun)
          traffic.wrong.push(`a list counts ${meta.count} of ${atLeast} to ${account.begun} orders`)
        if (data.some(({ userId }: { userId: string }) => userId !== account.shopper.id))
          traffic.wrong.push("a list contains another user's order")
      } else await setTimeout(100)
      await setTimeout(pauseMs)
    }
  }

  const all = Promise.all([
    ...accounts.map(write),
    ...Array.from({ length: readers }, (_, index) => read(index)),
  ])
  return traffic
}

/** `begun` counts the orders that were sent at least once, `placed` those that were acknowledged. */
type Account = { shopper: Shopper; placed: number; begun: number }

/** docs/api.md: after these a client waits a moment and repeats the request; anything else is definitive. */
function mayTryAgain(answer: Answer): boolean {
  return (
    [408, 429, 502, 503, 504].includes(answer.status) ||
    (answer.status === 409 && codeOf(answer) === 'idempotency_in_progress')
  )
}

/** What is answered when nothing is wrong: orders and lists, and changes that came too late. */
const ordinaryKinds = ['200', '201', '409 illegal_transition', '412 version_mismatch']

/** Returns the kinds of answers that only a fault explains. */
export function faultKinds({ kinds }: Traffic): string[] {
  return [...kinds.keys()].filter((kind) => !ordinaryKinds.includes(kind))
}
