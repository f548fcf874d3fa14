import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { LoadJob, LoadResult } from './load.ts'
import type { Request, Scenario } from './scenarios.ts'
import { percentile } from './statistics.ts'

/** A slower answer counts as a failure. */
const TIMEOUT_MS = 10_000

type Answer = { status: number; orderId: string | undefined }

/**
 * Places orders on plain sockets, which cost a third of what an HTTP client costs on the same cores. Each connection sends
 * its next request when the previous one is answered, and at the end waits for its last answer, so that every order
 * that was stored is known.
 */
export async function placeOrders(
  job: LoadJob,
  requests: Request[],
  scenario: Scenario & { connections: number },
): Promise<LoadResult> {
  const { hostname, port } = new URL(job.origin)
  const heads = requests.map((request) => ({ ...request, head: headOf(request) }))
  const orderIds: string[] = []
  const latencies: number[] = []
  const failures = new Map<string, number>()
  const fail = (what: string) => failures.set(what, (failures.get(what) ?? 0) + 1)
  let inTime = 0

  async function useConnection(number: number, deadline: number) {
    let connection = createConnection({ host: hostname, port: Number(port) })
    const mine = shareOf(heads, { number, of: scenario.connections })
    for (let index = 0; performance.now() < deadline; index++) {
      const { path, head, body = '' } = mine[index % mine.length] as (typeof heads)[number]
      const key = scenario.keys ? `idempotency-key: ${randomUUID()}\r\n` : ''
      const messages = [`POST ${path} HTTP/1.1\r\n${head}${key}${bodyOf(body)}`]
      // the second message follows from the answer to the first
      for (let message = messages.shift(); message !== undefined; message = messages.shift()) {
        const start = performance.now()
        try {
          const { status, orderId } = await connection.exchange(message)
          const end = performance.now()
          if (status >= 300) {
            fail(`status ${status}`)
            continue
          }
          latencies.push(end - start)
          if (end < deadline) inTime++
          if (status !== 201 || !orderId) continue
          orderIds.push(orderId)
          if (scenario.cancels)
            messages.push(`POST /orders/${orderId}/cancel HTTP/1.1\r\n${head}${bodyOf('{}')}`)
        } catch (error) {
          fail(error instanceof Error ? error.message : String(error))
          connection.close()
          connection = createConnection({ host: hostname, port: Number(port) })
        }
      }
    }
    connection.close()
  }

  const deadline = performance.now() + job.seconds * 1000
  await Promise.all(
    Array.from({ length: scenario.connections }, (_, number) => useConnection(number, deadline)),
  )
  return {
    requests: latencies.length,
    requestsPerSecond: inTime / job.seconds,
    latency: { p50: percentile(latencies, 50), p99: percentile(latencies, 99) },
    problems: [...failures].map(([what, count]) => `${count} × ${what}`),
    orderIds,
  }
}

function headOf({ headers }: Request): string {
  return ['host: 127.0.0.1', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), ''].join(
    '\r\n',
  )
}

/** Returns the rest of a request after its own headers; the bodies are ASCII. */
const bodyOf = (body: string) => `content-length: ${body.length}\r\n\r\n${body}`

/** Returns a connection's own requests, so that connections share no token where there are enough. */
export function shareOf<Item>(all: Item[], { number, of }: { number: number; of: number }): Item[] {
  if (all.length >= of) return all.filter((_, index) => index % of === number)
  return all.map((_, index) => all[(index + number) % all.length] as Item)
}

/** Returns an HTTP connection that has one request in progress at a time; every answer must have a content-length. */
function createConnection(address: { host: string; port: number }) {
  const socket: Socket = connect({ ...address, noDelay: true })
  let received = ''
  let waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined
  socket.setEncoding('latin1').setTimeout(TIMEOUT_MS)
  socket.on('data', (chunk: string) => {
    received = received === '' ? chunk : received + chunk
    const answer = parseAnswer(received)
    if (!answer) return
    received = ''
    waiting?.resolve(answer)
  })
  socket.on('timeout', () => socket.destroy(new Error('time-out')))
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => waiting?.reject(new Error('the connection was closed')))
  return {
    exchange: (message: string) =>
      new Promise<Answer>((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(message, 'latin1')
      }),
    close: () => void socket.destroy(),
  }
}

/** Returns what an HTTP answer says; undefined while it is incomplete. */
function parseAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1]
  if (length === undefined) throw new Error(`an answer without content-length: ${text.slice(0, end)}`)
  if (text.length < end + 4 + Number(length)) return undefined
  return { status: Number(text.slice(9, 12)), orderId: /"id":"([0-9a-f-]{36})"/.exec(text.slice(end))?.[1] }
}
