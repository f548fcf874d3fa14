import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type ChunkProxy = Awaited<ReturnType<typeof startChunkProxy>>

/**
 * A TCP proxy on loopback, in front of `target`, that counts what passes in either direction. While both sides take turns,
 * a chunk is a message.
 */
export async function startChunkProxy(target: { host: string; port: number }) {
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
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    /** Calls `reached` instead of passing on the n-th chunk from now. Nothing passes from then on. */
    stopAtChunk(n: number, reached: () => void) {
      chunksLeft = n
      onReached = reached
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
