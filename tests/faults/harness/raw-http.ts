import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { cleanUp } from '../../kit/clean-up.ts'

/** Opens a connection for a client that breaks the rules of HTTP. */
export async function openSocket(t: TestContext, url: string): Promise<Socket> {
  const { hostname: host, port } = new URL(url)
  const socket = connect({ host, port: Number(port), noDelay: true })
  cleanUp(t, () => socket.destroy())
  // a reset by the other side is visible in the data received and in the close
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/**
 * Returns everything the other side sends until it closes the connection, and how long that took, in
 * milliseconds.
 */
export async function untilClosed(socket: Socket): Promise<{ text: string; tookMs: number }> {
  const start = performance.now()
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  if (!socket.closed) await once(socket, 'close')
  return { text, tookMs: performance.now() - start }
}

/** Returns the problem (RFC 9457) in an answer. Throws for any other answer. */
export function problemOf(text: string): { status: number; code: string } {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  if (!/^content-type: application\/problem\+json/im.test(head)) throw new Error(`not a problem: ${text}`)
  const { status, code } = JSON.parse(body)
  if (Number(head.slice(9, 12)) !== status) throw new Error(`not one status: ${text}`)
  return { status, code }
}
