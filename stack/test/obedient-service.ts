import { createServer } from 'node:http'

/** A small service for the supervisor's tests: GET /<command> makes it crash or ignore SIGTERM. */
const server = createServer((request, response) => {
  switch (request.url) {
    case '/crash':
      console.log('{"level":"error","msg":"about to crash"}')
      process.exit(3)
      break
    case '/ignore-sigterm':
      process.removeAllListeners('SIGTERM')
      process.on('SIGTERM', () => {})
      break
  }
  response.end(String(process.pid))
})
process.on('SIGTERM', () => {
  console.log('{"level":"info","msg":"ended in good order"}')
  process.exit(0)
})
server.listen(Number(process.env.PORT), '127.0.0.1')
