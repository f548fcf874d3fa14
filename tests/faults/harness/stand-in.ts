import { once } from 'node:events'
import { createServer, type RequestListener, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { cleanUp } from '../../kit/clean-up.ts'

export type StandIn = {
  url: string
  /** Number of requests received. */
  calls: number
  /** Answers requests; `honest` forwards them to the real service. */
  answer: RequestListener
  honest: RequestListener
}

/** Starts a stand-in that forwards requests to a real service until `answer` is replaced. */
export async function startStandIn(t: TestContext, target: () => string): Promise<StandIn> {
  const honest: RequestListener = (request, response) => {
    const onward = send(target() + request.url, { headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    // as a direct connection would break
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    onward.end()
  }
  const server = createServer((request, response) => {
    standIn.calls++
    standIn.answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(t, () => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const standIn: StandIn = { url: `http://127.0.0.1:${port}`, calls: 0, answer: honest, honest }
  return standIn
}
