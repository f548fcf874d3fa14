import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** A tenth of a CPU: they cost 33 µs each when they come in crowds, 100 when they come one by one. */
export const maxRefusalsPerSecond = 1000
const sliceMs = 20

/**
 * Who is refused and asks again at once costs more than a quarter of an answer, and could so take all the time there is.
 * Beyond `perSecond` a refused connection is therefore not read, and those that are not read take turns: what they send
 * waits in the kernel, where it costs nothing and the client feels it. Who comes back when told to, will not notice.
 */
export function createBrake(
  { lifecycle }: Pick<FastifyInstance, 'lifecycle'>,
  perSecond: number,
): (refused: IncomingMessage) => void {
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
