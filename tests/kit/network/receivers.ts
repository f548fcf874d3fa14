import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { cleanUp, type Lifetime } from '../clean-up.ts'

export type Received = { headers: IncomingMessage['headers']; body: string; url: string | undefined }

/** Starts a receiver on loopback. `answer` is what it does, 204 when absent; `received` is all that came. */
export async function startReceiver(
  t: Lifetime,
  answer: (received: Received, ...answer: Parameters<RequestListener>) => void = (
    _received,
    _request,
    response,
  ) => response.writeHead(204).end(),
) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text) => {
      body += text
    })
    request.on('end', () => {
      const one = { headers: request.headers, body, url: request.url }
      received.push(one)
      answer(one, request, response)
    })
    request.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(t, () => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/hook`, port, received }
}

/**
 * Starts a server on loopback that does with each connection whatever `serve` does; on a free port of 127.0.0.1 unless
 * `at` says otherwise.
 */
export async function startTcpServer(
  t: Lifetime,
  serve: (socket: Socket) => void,
  at: { host?: string; port?: number } = {},
) {
  const { host = '127.0.0.1', port: wanted = 0 } = at
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socket)
  })
  server.listen(wanted, host)
  await once(server, 'listening')
  cleanUp(t, () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return { port, url: `http://${host}:${port}/hook`, sockets }
}
