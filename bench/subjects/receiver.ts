import { createServer } from 'node:net'
import { integer, readConfig, text } from '@shop/service/config'

// Stands in for a receiver of webhooks. On plain sockets, because an HTTP server would take more of the machine that is
// measured than the relay does. GET / answers what has come since the last GET.

const settings = {
  port: integer('PORT', { meaning: 'The port to listen on', min: 1, max: 65_535 }),
  host: text('HOST', { meaning: 'The address to listen on' }),
}

const config = readConfig(settings, process.env)
const ids = new Set<string>()
let arrivals = 0
/** From the time of each event to its arrival, in milliseconds. */
let delays: number[] = []

function receive(head: string, body: string): string {
  if (!head.startsWith('POST ')) return answer('200 OK', report())
  arrivals++
  ids.add(/\r\nwebhook-id: *(\S+)/i.exec(head)?.[1] ?? '')
  delays.push(Date.now() - Date.parse(/"time":"([^"]+)"/.exec(body)?.[1] ?? ''))
  return answer('204 No Content', '')
}

function report(): string {
  const text = JSON.stringify({ distinct: ids.size, arrivals, delays })
  delays = []
  return text
}

const answer = (status: string, body: string) =>
  `HTTP/1.1 ${status}\r\n${status.startsWith('204') ? '' : `content-length: ${body.length}\r\n`}\r\n${body}`

createServer({ noDelay: true }, (socket) => {
  let received = ''
  socket.setEncoding('latin1').on('error', () => socket.destroy())
  socket.on('data', (chunk: string) => {
    received += chunk
    for (;;) {
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = received.slice(0, end)
      const next = end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
      if (received.length < next) return
      socket.write(receive(head, received.slice(end + 4, next)))
      received = received.slice(next)
    }
  })
}).listen(config.port, config.host)
