// The program that load.ts starts, in its own process, so that it and the tests do not slow each other down.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { LoadOptions, LoadResult } from './load.ts'

const tickMs = 4
/** Node accepts one connection a turn of its event loop, so they are opened a few at a time. */
const openAtOnce = 20

/** A connection and its request in progress; `missing` bytes of the answer's body are still to come. */
type Connection = {
  socket: Socket
  sentAt: number
  head: string
  missing: number
  status: number
  last: boolean
}

async function generate(options: LoadOptions): Promise<LoadResult> {
  const { requests, perSecond, seconds, connections, patienceMs = 10_000 } = options
  const { hostname: host, port } = new URL(options.url)
  const idle: Connection[] = []
  const busy = new Set<Connection>()
  const latencies = new Map<number, number[]>()
  const result = { sent: 0, notSent: 0, unanswered: 0, withRetryAfter: 0, locations: [] as string[] }
  let open = 0
  let startedAt = 0
  let firstGoodMs = Number.POSITIVE_INFINITY

  function add(): Connection {
    open++
    const socket = connect({ host, port: Number(port), noDelay: true }).setEncoding('latin1')
    const connection = { socket, sentAt: 0, head: '', missing: 0, status: 0, last: false }
    socket.on('data', (chunk) => receive(connection, String(chunk)))
    // the close that follows handles it
    socket.on('error', () => {})
    socket.on('close', () => {
      open--
      if (busy.delete(connection)) result.unanswered++
      else if (idle.includes(connection)) idle.splice(idle.indexOf(connection), 1)
    })
    return connection
  }

  function receive(connection: Connection, chunk: string) {
    if (connection.missing > 0) connection.missing -= chunk.length
    else {
      connection.head += chunk
      const end = connection.head.indexOf('\r\n\r\n')
      if (end < 0) return
      readHead(connection, connection.head.slice(0, end), connection.head.length - end - 4)
    }
    if (connection.missing > 0 || !busy.delete(connection)) return
    const times = latencies.get(connection.status) ?? []
    latencies.set(connection.status, times)
    if (connection.status < 300) firstGoodMs = Math.min(firstGoodMs, performance.now() - startedAt)
    times.push(performance.now() - connection.sentAt)
    if (connection.last) connection.socket.destroy()
    else idle.push(connection)
  }

  function readHead(connection: Connection, head: string, bodyLength: number) {
    connection.head = ''
    connection.status = Number(head.slice(9, 12))
    connection.missing = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0) - bodyLength
    connection.last = /^connection: *close/im.test(head)
    if (/^retry-after:/im.test(head)) result.withRetryAfter++
    const location = /^location: *(\S+)/im.exec(head)?.[1]
    if (location) result.locations.push(location)
  }

  function send() {
    // the one that has been idle longest, so that none is closed for being idle
    const connection = idle.shift() ?? (open < connections ? add() : undefined)
    if (!connection) return result.notSent++
    connection.sentAt = performance.now()
    busy.add(connection)
    const text = requests[result.sent++ % requests.length] as string
    return connection.socket.write(text.replace('{n}', `${process.pid}-${result.sent}`))
  }

  async function openConnections() {
    while (open < connections) {
      const some = Array.from({ length: Math.min(openAtOnce, connections - open) }, add)
      await Promise.all(some.map(({ socket }) => once(socket, 'connect')))
      idle.push(...some)
    }
  }

  /** The oldest requests come first. */
  function giveUp(now: number) {
    for (const { sentAt, socket } of busy) {
      if (now - sentAt < patienceMs) return
      socket.destroy()
    }
  }

  await openConnections()
  startedAt = performance.now()
  let due = 0
  for (let now = startedAt, last = startedAt; now - startedAt < seconds * 1000; now = performance.now()) {
    due += ((now - last) / 1000) * perSecond
    last = now
    for (; due >= 1; due--) send()
    giveUp(now)
    await setTimeout(tickMs)
  }
  const good = () => (latencies.get(200)?.length ?? 0) + (latencies.get(201)?.length ?? 0)
  const goodPerSecond = good() / ((performance.now() - startedAt) / 1000)
  for (; busy.size > 0; giveUp(performance.now())) await setTimeout(20)
  return { ...result, goodPerSecond, firstGoodMs, answers: [...latencies].map(summarize) }
}

function summarize([status, times]: [number, number[]]) {
  times.sort((a, b) => a - b)
  const at = (share: number) => Math.round(times[Math.floor((times.length - 1) * share)] ?? 0)
  return { status, count: times.length, p50Ms: at(0.5), p99Ms: at(0.99) }
}

process.once('message', async (options: LoadOptions) => {
  process.send?.(await generate(options), () => process.exit(0))
})
// the parent is gone
process.once('disconnect', () => process.exit(1))
