import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { cleanUp } from '../../kit/clean-up.ts'

export type LoadOptions = {
  /** An origin, such as http://127.0.0.1:3003. */
  url: string
  /** Whole requests, sent in turn; `{n}` is replaced by a unique number. */
  requests: string[]
  perSecond: number
  seconds: number
  /** Opened beforehand; each carries one request at a time. A request for which none is free is not sent. */
  connections: number
  /** A client that receives no answer in this time disconnects. */
  patienceMs?: number
}

export type LoadResult = {
  sent: number
  /** Because no connection was free. */
  notSent: number
  /** No answer: the connection broke, or the client gave up. */
  unanswered: number
  answers: { status: number; count: number; p50Ms: number; p99Ms: number }[]
  /** Answers with Retry-After. */
  withRetryAfter: number
  /** The Location of each 201. */
  locations: string[]
  /** Latencies of answers with 200 and 201. */
  goodPerSecond: number
  /** Time from the start to the first of them. */
  firstGoodMs: number
}

/**
 * Sends requests from a separate process, at a rate that does not depend on the answers, as real clients do.
 */
export async function load(t: TestContext, options: LoadOptions): Promise<LoadResult> {
  const generator = fork(new URL('load-generator.ts', import.meta.url))
  cleanUp(t, () => generator.kill('SIGKILL'))
  generator.send(options)
  const [result] = await Promise.race([
    once(generator, 'message'),
    once(generator, 'exit').then(([code]) => {
      throw new Error(`the load generator ended with ${code}`)
    }),
  ])
  return result as LoadResult
}

export const count = ({ answers }: LoadResult, status: number) =>
  answers.find((answer) => answer.status === status)?.count ?? 0

/** Returns a request as text, for a connection that is kept alive. */
export function requestText(
  path: string,
  { token, json, headers = {} }: { token: string; json?: unknown; headers?: Record<string, string> },
): string {
  const body = json === undefined ? '' : JSON.stringify(json)
  const lines = Object.entries({
    Host: 'shop',
    Authorization: `Bearer ${token}`,
    ...(body && { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`)
  return `${body ? 'POST' : 'GET'} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}
