import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { cleanUp } from '../../kit/clean-up.ts'

export type LoadOptions = {
  /** An origin, such as http://127.0.0.1:3003. */
  url: string
  /** Whole requests, sent in turn; `{n}` becomes a number that no other has. */
  requests: string[]
  perSecond: number
  seconds: number
  /** Opened beforehand; each carries one request at a time. A request that finds none free is not sent. */
  connections: number
  /** A client that is not answered in this time goes away. */
  patienceMs?: number
}

export type LoadResult = {
  sent: number
  /** For want of a free connection. */
  notSent: number
  /** No answer: the connection broke, or the client's patience ended. */
  unanswered: number
  answers: { status: number; count: number; p50Ms: number; p99Ms: number }[]
  /** Answers that said when to come back. */
  withRetryAfter: number
  /** The Location of each 201. */
  locations: string[]
  /** Of 200 and 201. */
  goodPerSecond: number
  /** When the first of them came, from the start. */
  firstGoodMs: number
}

/** Sends requests from a process of its own, at a rate that does not depend on the answers, as the world does. */
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

/** A request as text, as a client writes it that keeps its connection. */
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
