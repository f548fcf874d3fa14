// Stands in for the services in gateway.test.ts: answers with the received request, or misbehaves as
// its User-Agent says.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

async function answer(request: IncomingMessage, response: ServerResponse) {
  const { method, url, headers } = request
  const body = await text(request)
  console.log(`${method} ${url}`)
  if (headers['user-agent'] === 'break') return request.socket.destroy()
  if (headers['user-agent'] === 'hang') return
  const echo = { port: request.socket.localPort, method, url, headers, body }
  response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'from-the-service' })
  response.end(JSON.stringify(echo))
}

for (const port of [3001, 3002, 3003, 3004]) createServer(answer).listen(port)
process.once('SIGTERM', () => process.exit())
