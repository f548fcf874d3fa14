import { once } from 'node:events'
import { createServer, type RequestListener, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { cleanUp } from '../../kit/clean-up.ts'

export type StandIn = {
  url: string
  /** Requests that have come, whatever became of them. */
  calls: number
  /** How it answers; honest: as the service that it stands in front of. */
  answer: RequestListener
  honest: RequestListener
}

/** Stands in front of a real service and passes its answers on, until it is told to do otherwise. */
export async function startStandIn(t: TestContext, target: () => string): Promise<StandIn> {
  const honest: RequestListener = (request, response) => {
    const onward = send(target() + request.url, { headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    // as if there were nobody in between
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
