import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** A tenth of a CPU: a refusal costs 33 µs in a crowd, 100 µs alone. */
export const maxRefusalsPerSecond = 1000
const sliceMs = 20

/**
 * Returns a function to call with each refused request. A client that retries immediately after a refusal
 * costs a quarter of a real answer; a crowd of them could use up the CPU. Beyond `perSecond` refusals, their
 * connections are read in turn: until then what they send waits in the kernel at no cost. Clients that honour
 * Retry-After notice nothing.
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
    // while draining, all are read, so that none is left when the port closes
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
    // Node resumes the socket at the end of a request; this pauses it after that, before the event loop polls
    // again
    refused.once('end', () =>
      queueMicrotask(() => {
        refused.socket.pause()
        unread.add(refused.socket)
      }),
    )
  }
}
