import { createJudge, type JudgeAnswer, send } from './answers.ts'
import type { Shop, Shopper } from './shop.ts'
import { documentedDeadlineMs } from './traffic.ts'

export type Crowd = {
  sent: number
  /** The maximum number of requests in progress. */
  mostInProgress: number
  slowestMs: number
  wrong: string[]
  /** The number of answers by status. */
  statuses: Map<number, number>
  /** Stops sending, and waits for the answers to the requests in progress. */
  stop(): Promise<void>
}

/**
 * Starts clients that arrive at a fixed rate, whether earlier ones were answered or not, as on the internet.
 * They alternate between listing orders and placing one without a key. A queue that builds up anywhere
 * becomes visible.
 */
export async function startCrowd(
  { order, products, testEnded }: Shop,
  shopper: Shopper,
  { perSecond, deadlineMs = documentedDeadlineMs }: { perSecond: number; deadlineMs?: number },
): Promise<Crowd> {
  const judge = await createJudge(order.url)
  const inProgress = new Set<Promise<void>>()
  const start = performance.now()
  const crowd: Crowd = {
    sent: 0,
    mostInProgress: 0,
    slowestMs: 0,
    wrong: [],
    statuses: new Map(),
    async stop() {
      clearInterval(timer)
      await Promise.all(inProgress)
    },
  }

  async function request() {
    const method = crowd.sent++ % 2 ? 'GET' : 'POST'
    const json = method === 'POST' ? { productId: products[0]?.id } : undefined
    const sentAt = performance.now()
    const fault = await send(`${order.url}/orders`, { token: shopper.token, json }).then(
      (answer) => {
        crowd.statuses.set(answer.status, (crowd.statuses.get(answer.status) ?? 0) + 1)
        return faultOf(answer, method, judge)
      },
      (error) => `${method}: no answer: ${error.cause ?? error}`,
    )
    const tookMs = Math.round(performance.now() - sentAt)
    crowd.slowestMs = Math.max(crowd.slowestMs, tookMs)
    if (fault) crowd.wrong.push(fault)
    if (tookMs > deadlineMs) crowd.wrong.push(`${method}: answered after ${tookMs} ms`)
  }

  const timer = setInterval(() => {
    const due = ((performance.now() - start) / 1000) * perSecond
    while (crowd.sent < due) {
      const answered = request().finally(() => inProgress.delete(answered))
      inProgress.add(answered)
    }
    crowd.mostInProgress = Math.max(crowd.mostInProgress, inProgress.size)
  }, 10)
  testEnded.addEventListener('abort', () => clearInterval(timer))
  return crowd
}

const faultOf = (answer: Parameters<JudgeAnswer>[1], method: 'GET' | 'POST', judge: JudgeAnswer) =>
  judge({ method, path: '/orders' }, answer)
