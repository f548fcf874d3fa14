import { createServer, type Socket, connect as tcpConnect } from 'node:net'
import type { TestContext } from 'node:test'

/** A TCP proxy in front of the database that can swallow everything without closing anything, as a broken network does. */
export async function startProxy(t: TestContext, target: string) {
  const { hostname, port } = new URL(target)
  let silent = false
  let requests = 0
  const sockets = new Set<Socket>()
  const listener = createServer((client) => {
    const upstream = tcpConnect(Number(port), hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => silent || to.write(chunk))
      if (from === client) from.on('data', () => requests++)
      from.on('close', () => to.destroy())
      from.on('error', () => to.destroy())
    }
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  })
  const url = new URL(target)
  url.port = String((listener.address() as { port: number }).port)
  return {
    url: url.href,
    silence(on: boolean) {
      silent = on
    },
    /** How many pieces the clients have sent: where each waits for an answer to the one before, round trips. */
    requests: () => requests,
  }
}
