import { connect } from 'node:net'

/** Sends `request` as Latin-1 and resolves to everything that comes back until the connection ends. */
export function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setTimeout(20_000, () => socket.destroy(new Error(`no end of the answer, after ${text}`)))
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      text += chunk
    })
    // the other side may end the connection while we are still sending
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code ? resolve(text) : reject(error)))
    socket.on('end', () => resolve(text))
    socket.write(request, 'latin1')
  })
}
