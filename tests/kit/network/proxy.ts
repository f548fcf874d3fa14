import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { cleanUp, type Lifetime } from '../clean-up.ts'

export type Proxy = {
  /** The target's URL, by way of this proxy. */
  url: string
  /** Stops all traffic in both directions without closing anything; new connections are silent too. */
  silence(): void
  /**
   * Lets traffic pass again. `deliver` sends what was held back, as after a broken cable; `forget` leaves
   * existing connections open and silent forever, as a firewall does, so that only new ones work.
   */
  restore(how: 'deliver' | 'forget'): void
  /**
   * Calls `reached` instead of passing on the n-th chunk from now. From then on only the ends of connections
   * pass.
   */
  stopAtChunk(n: number, reached: () => void): void
  /** Passes what clients send through `change` from now on. */
  rewrite(change: (chunk: Buffer) => Buffer): void
  /** Delays every packet in both directions. */
  delay(ms: number): void
  /** Returns the number of open connections. */
  connections(): number
  /** Returns how many chunks the clients have sent: round trips, if each waits for the previous answer. */
  requests(): number
}

/** Starts a TCP proxy on loopback, in front of the host of `target`, that behaves as a bad network does. */
export async function startProxy(t: Lifetime, target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const lines = new Set<Line>()
  let delayMs = 0
  let silent = false
  let requests = 0
  let chunksLeft = Number.POSITIVE_INFINITY
  let onReached = () => {}
  let change = (chunk: Buffer) => chunk

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true })
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      const line = createLine(to, () => lines.delete(line))
      lines.add(line)
      sockets.add(from)
      from.on('data', (received: Buffer) => {
        if (from === client) requests++
        const chunk = from === client ? change(received) : received
        if (--chunksLeft === 0) onReached()
        if (chunksLeft <= 0) return
        if (silent) line.hold(chunk)
        else line.send(chunk, delayMs)
      })
      from.on('error', () => from.destroy())
      from.on('close', () => {
        sockets.delete(from)
        // the end of a connection is also a packet, and does not overtake others
        if (silent) line.hold('end')
        else line.send('end', delayMs)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(t, () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })

  const url = new URL(target)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    silence() {
      silent = true
    },
    restore(how) {
      silent = false
      for (const line of lines) line[how]()
    },
    stopAtChunk(n, reached) {
      chunksLeft = n
      onReached = reached
    },
    rewrite(changeChunk) {
      change = changeChunk
    },
    delay(ms) {
      delayMs = ms
    },
    connections: () => sockets.size / 2,
    requests: () => requests,
  }
}

type Line = ReturnType<typeof createLine>

type Packet = Buffer | 'end'

/**
 * Creates one direction of a connection, which keeps the order of packets. Calls `onEnd` after the last one.
 */
function createLine(to: Socket, onEnd: () => void) {
  let held: Packet[] = []
  const delayed: Packet[] = []
  let forgotten = false

  function pass(packet: Packet | undefined) {
    if (forgotten || packet === undefined) return
    if (packet !== 'end') {
      if (to.writable) to.write(packet)
      return
    }
    to.destroy()
    onEnd()
  }

  return {
    send(packet: Packet, delayMs: number) {
      if (delayMs === 0 && delayed.length === 0) return pass(packet)
      delayed.push(packet)
      setTimeout(() => pass(delayed.shift()), delayMs)
    },
    hold: (packet: Packet) => void held.push(packet),
    deliver() {
      for (const packet of held) pass(packet)
      held = []
    },
    forget() {
      forgotten = true
      held = []
      onEnd()
    },
  }
}
