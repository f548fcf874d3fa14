import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { anyProduct, call, type Shopper } from '../e2e/shop-client.ts'

export type Traffic = {
  /** Stops the traffic; resolves once the requests in progress are answered. */
  stop(): Promise<{ placed: string[]; read: number; failures: string[]; slowestMs: number }>
}

/**
 * Starts shoppers who keep placing orders, each with a key and sent once, and fetching them, about ten
 * requests per second each.
 */
export async function startTraffic(shopper: Shopper, { shoppers }: { shoppers: number }): Promise<Traffic> {
  const { id: productId } = await anyProduct()
  const placed: string[] = []
  const failures: string[] = []
  let read = 0
  let slowestMs = 0
  let stopping = false

  async function attempt(what: string, work: () => ReturnType<typeof call>, expected: number) {
    const start = performance.now()
    try {
      const answer = await work()
      if (answer.status === expected) return answer
      failures.push(`${what}: ${answer.status} ${answer.text}`)
    } catch (error) {
      failures.push(`${what}: ${error} ${(error as Error).cause ?? ''}`)
    } finally {
      slowestMs = Math.max(slowestMs, Math.round(performance.now() - start))
    }
    return undefined
  }

  async function shop() {
    const { token } = shopper
    while (!stopping) {
      const headers = { 'idempotency-key': randomUUID() }
      const order = await attempt('POST', () => call('/orders', { token, headers, json: { productId } }), 201)
      if (order) placed.push(order.body.id)
      await setTimeout(90)
      if (await attempt('GET', () => call('/orders?limit=5', { token }), 200)) read++
      await setTimeout(90)
    }
  }

  const all = Promise.all(Array.from({ length: shoppers }, shop))
  return {
    async stop() {
      stopping = true
      await all
      return { placed, read, failures, slowestMs }
    },
  }
}
