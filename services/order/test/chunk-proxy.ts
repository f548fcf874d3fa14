import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * A TCP proxy on loopback, in front of `target`, that counts what passes in either direction. While both sides take turns,
 * a chunk is a message. It ends with `signal`.
 */
export async function startChunkProxy(target: { host: string; port: number }, signal: AbortSignal) {
  const sockets = new Set<Socket>()
  let chunksLeft = Number.POSITIVE_INFINITY
  let onReached: () => void = () => {}

  function relay(from: Socket, to: Socket) {
    sockets.add(from)
    from.on('data', (chunk) => {
      if (chunksLeft <= 0) return
      if (--chunksLeft > 0) to.write(chunk)
      else onReached()
    })
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
  }

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true })
    relay(client, upstream)
    relay(upstream, client)
  })
  server.listen({ host: '127.0.0.1', port: 0, signal })
  await once(server, 'listening')
  signal.addEventListener('abort', () => {
    for (const socket of sockets) socket.destroy()
  })

  return {
    port: (server.address() as AddressInfo).port,
    /** Calls `reached` instead of passing on the n-th chunk from now. Nothing passes from then on. */
    stopAtChunk(n: number, reached: () => void) {
      chunksLeft = n
      onReached = reached
    },
  }
}
