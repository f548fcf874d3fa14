import type { IncomingMessage, RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { Counter } from 'prom-client'
import { type Config, integer } from '../config.ts'
import { problemText } from './problem.ts'
import { requestId } from './request-id.ts'
import type { Service } from './service.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Counted among the requests that are worked on. */
    isUnderWay: boolean
  }
}

export const sheddingSettings = {
  maxReads: integer('MAX_READS', {
    meaning:
      'GET requests that are worked on at a time; what comes beyond is answered 503 overloaded at once',
    min: 1,
    max: 100_000,
    default: 250,
  }),
  maxWrites: integer('MAX_WRITES', {
    meaning: 'The same for all other requests, some of which wait for another service',
    min: 1,
    max: 100_000,
    default: 250,
  }),
}

/** Asked by machines that decide what becomes of this process, so answered however busy it is. */
const exempt = new Set(['/healthz', '/readyz', '/metrics'])

const refusal = { status: 503, code: 'overloaded', detail: 'Too many requests are under way.' }

const kindOf = ({ method }: IncomingMessage) => (method === 'GET' || method === 'HEAD' ? 'read' : 'write')

/**
 * Answers 503 `overloaded` to requests beyond those that can be worked on. Reads and writes are counted apart, because
 * writes may wait for another service and must not keep reads out meanwhile. Counted from when a request is complete to
 * when its answer is ready, so that slow clients take nobody's place. What is refused is refused before the framework
 * sees it: a refusal that costs as much as an answer would leave no time for answers. Call before `listen`.
 */
export function shedExcess(
  app: Service,
  {
    maxReads,
    maxWrites,
    refusalsPerSecond = maxRefusalsPerSecond,
  }: Config<typeof sheddingSettings> & { refusalsPerSecond?: number },
) {
  const limits = { read: maxReads, write: maxWrites }
  const underWay = { read: 0, write: 0 }
  const refused = new Counter({
    name: 'http_requests_shed_total',
    help: 'Requests answered 503 overloaded because too many were under way',
    labelNames: ['kind'],
    registers: [app.metrics],
  })
  let unreported = 0
  const slowDown = createBrake(app, refusalsPerSecond)

  app.decorateRequest('isUnderWay', false)
  app.addHook('preHandler', (request, _reply, done) => {
    underWay[kindOf(request.raw)]++
    request.isUnderWay = true
    done()
  })
  app.addHook('onSend', (request, _reply, _payload, done) => {
    if (request.isUnderWay) underWay[kindOf(request.raw)]--
    request.isUnderWay = false
    done()
  })

  const [serve] = app.server.listeners('request') as [RequestListener]
  app.server.removeListener('request', serve)
  app.server.on('request', (request, response) => {
    const kind = kindOf(request)
    if (underWay[kind] < limits[kind] || exempt.has(request.url ?? '')) return serve(request, response)
    refused.inc({ kind })
    // one line for all of a second: a line each would cost more than the refusal
    if (unreported++ === 0) {
      setTimeout(() => {
        app.log.warn({ requests: unreported, ...underWay }, 'overloaded: requests were refused')
        unreported = 0
      }, 1000).unref()
    }
    const id = requestId(request)
    const text = problemText({ ...refusal, requestId: id })
    response.writeHead(refusal.status, {
      'content-type': 'application/problem+json',
      'content-length': text.length,
      'retry-after': '1',
      'x-request-id': id,
      'x-content-type-options': 'nosniff',
      ...(app.lifecycle.draining && { connection: 'close' }),
    })
    response.end(text)
    if (!app.lifecycle.draining) slowDown(request)
  })
}

/** A tenth of a CPU: they cost 33 µs each when they come in crowds, 100 when they come one by one. */
const maxRefusalsPerSecond = 1000
const sliceMs = 20

/**
 * Who is refused and asks again at once costs more than a quarter of an answer, and could so take all the time there is.
 * Beyond `perSecond` a refused connection is therefore not read, and those that are not read take turns: what they send
 * waits in the kernel, where it costs nothing and the client feels it. Who comes back when told to, will not notice.
 */
function createBrake({ lifecycle }: Service, perSecond: number): (refused: IncomingMessage) => void {
  const perSlice = Math.ceil((perSecond * sliceMs) / 1000)
  /** In the order in which they will be read again. */
  const unread = new Set<Socket>()
  let refusals = 0
  let timer: NodeJS.Timeout | undefined

  function nextSlice() {
    if (refusals === 0 && unread.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
    refusals = 0
    // none is left behind when the port closes
    let turns = lifecycle.draining ? unread.size : perSlice
    for (const socket of unread) {
      if (turns-- === 0) break
      unread.delete(socket)
      socket.resume()
    }
  }

  return (refused) => {
    timer ??= setInterval(nextSlice, sliceMs).unref()
    if (++refusals <= perSlice && unread.size === 0) return
    // Node reads on at the end of a request; this comes after it, and before the event loop looks for what else has come
    refused.once('end', () =>
      queueMicrotask(() => {
        refused.socket.pause()
        unread.add(refused.socket)
      }),
    )
  }
}
