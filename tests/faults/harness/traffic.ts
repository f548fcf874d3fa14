import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { type Answer, codeOf, createJudge, send } from './answers.ts'
import { createRandom } from './random.ts'
import type { Product, Shop, Shopper } from './shop.ts'

/** An order that a client received a 201 for. */
export type Acknowledged = { shopper: Shopper; key: string; body: string; location: string }

export type Traffic = {
  requests: number
  acknowledged: Acknowledged[]
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
 * The maximum time of an answer, in milliseconds: a request waits at most once each for a database
 * connection, a statement and the product before it is given up (DATABASE_CONNECT_TIMEOUT_MS,
 * DATABASE_QUERY_TIMEOUT_MS and half a second, UPSTREAM_TIMEOUT_MS), plus what a busy machine may need.
 */
export const documentedDeadlineMs = 2000 + 5500 + 2000 + 4000

/** How long a writer keeps trying to get an order answered after stop() was called. */
const lastTriesMs = 60_000

const retryRandom = createRandom('pauses between tries')

/**
 * Starts shoppers who place orders, each with a key, and repeat the request until it is answered, as
 * docs/api.md tells clients to; and others who list their orders. Each has one request in progress at a time.
 */
export async function startTraffic(shop: Shop, options: TrafficOptions = {}): Promise<Traffic> {
  const { urls = [shop.order.url], writers = 6, readers = 3, pauseMs = 10 } = options
  const { deadlineMs = documentedDeadlineMs, mayGetNoAnswer = false } = options
  const judge = await createJudge(shop.order.url)
  const accounts: Account[] = []
  for (let n = 0; n < writers; n++) accounts.push({ shopper: await shop.newShopper(), placed: 0, begun: 0 })
  let stoppedAt = Number.POSITIVE_INFINITY
  let turn = 0

  const traffic: Traffic = {
    requests: 0,
    acknowledged: [],
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
  async function request(path: string, details: Parameters<typeof send>[1]): Promise<Answer | undefined> {
    const operation = { method: details?.json ? 'POST' : 'GET', path: '/orders' } as const
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
  async function placeUntilAnswered(details: { token: string; key: string; json: unknown }) {
    for (;;) {
      const answer = await request('/orders', details)
      if (answer && !mayTryAgain(answer)) return answer
      if (performance.now() > stoppedAt + lastTriesMs || shop.testEnded.aborted) return undefined
      // Retry-After, shortened so that there are many attempts
      await setTimeout(
        Math.min(Number(answer?.headers['retry-after'] ?? 0) * 1000, 250) + retryRandom() * 100,
      )
    }
  }

  async function write(account: Account, index: number) {
    const random = createRandom(`writer ${index}`)
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
      account.placed++
      const fault = contentFault(body, { shopper, wish, products: shop.products })
      if (fault) traffic.wrong.push(fault)
      // some clients lose the answer and repeat the request
      if (random() < 0.1) await repeat(details, body)
      await setTimeout(pauseMs)
    }
  }

  async function repeat(details: { token: string; key: string; json: unknown }, body: string) {
    const again = await placeUntilAnswered(details)
    if (again?.body !== body || again.headers['idempotent-replayed'] !== 'true')
      traffic.wrong.push(`a repeat was answered ${again?.status} ${again?.body} instead of ${body}`)
  }

  async function read(index: number) {
    const random = createRandom(`reader ${index}`)
    while (!stopped()) {
      const account = accounts[Math.floor(random() * accounts.length)] as Account
      const atLeast = account.placed
      const answer = await request('/orders?limit=5', { token: account.shopper.token })
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

/** Differs for each n, so that two equal orders of a shopper in the database must come from the same wish. */
function wishOf(products: Product[], n: number) {
  const product = products[n % products.length] as Product
  return { productId: product.id, quantity: 1 + (Math.floor(n / products.length) % 999) }
}

/** docs/api.md: after these a client waits a moment and repeats the request; anything else is definitive. */
function mayTryAgain(answer: Answer): boolean {
  return (
    [408, 429, 502, 503, 504].includes(answer.status) ||
    (answer.status === 409 && codeOf(answer) === 'idempotency_in_progress')
  )
}

function contentFault(
  body: string,
  {
    shopper,
    wish,
    products,
  }: { shopper: Shopper; wish: { productId: string; quantity: number }; products: Product[] },
): string | undefined {
  const order = JSON.parse(body)
  const product = products.find(({ id }) => id === wish.productId) as Product
  const right =
    order.userId === shopper.id &&
    order.productId === wish.productId &&
    order.quantity === wish.quantity &&
    order.productName === product.name &&
    order.unitAmount === product.unitAmount &&
    order.totalAmount === product.unitAmount * wish.quantity &&
    order.status === 'pending'
  return right ? undefined : `asked for ${JSON.stringify(wish)}, got ${body}`
}
