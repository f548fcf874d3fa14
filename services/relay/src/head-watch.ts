import { untraced } from '@shop/service/tracing'

type Waiter = { position: number; settle: (error?: unknown) => void }

export type HeadWatch = ReturnType<typeof createHeadWatch>

/** The pause between queries in a process that reports the head, in milliseconds: nobody depends on a report. */
const everyMsIfReported = 1000

/**
 * Lets any number of readers wait for the feed to go on. While anybody waits, one query every `everyMs` serves them all.
 * A process that gives positions itself reports the head by `reached`, and needs few queries.
 */
export function createHeadWatch(
  readHead: () => Promise<number>,
  {
    everyMs,
    isReported = () => false,
    isStopping,
  }: {
    everyMs: number
    /** Returns whether this process gives positions at the moment. */
    isReported?: () => boolean
    isStopping: () => boolean
  },
) {
  const waiters = new Set<Waiter>()
  let head = 0
  let next: NodeJS.Timeout | undefined

  function lookAfter(ms: number) {
    clearTimeout(next)
    // not on behalf of the request that happens to be the first to wait
    next = untraced(() => setTimeout(look, ms))
  }

  const lookLater = () => lookAfter(isReported() ? everyMsIfReported : everyMs)

  async function look() {
    if (waiters.size === 0) return
    try {
      reached(await readHead())
      if (isStopping()) for (const { settle } of waiters) settle()
    } catch (error) {
      for (const { settle } of waiters) settle(error)
    }
    if (waiters.size > 0) lookLater()
  }

  function reached(position: number) {
    head = position
    for (const waiter of waiters) if (position > waiter.position) waiter.settle()
  }

  return {
    /** Reports the last position that there is, which lets those go on who wait for it. */
    reached,

    /**
     * Resolves when the feed has an event after a position, when `signal` is aborted, or when the process stops. Throws
     * what the query throws.
     */
    waitBeyond: (position: number, signal: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return resolve()
        const stop = () => settle()
        const settle = (error?: unknown) => {
          waiters.delete(waiter)
          signal.removeEventListener('abort', stop)
          if (error) reject(error)
          else resolve()
        }
        const waiter = { position, settle }
        waiters.add(waiter)
        signal.addEventListener('abort', stop)
        const isFirst = waiters.size === 1
        // the query decides: what was reported could be from before a restore
        if (head > position || (isFirst && !isReported())) lookAfter(0)
        else if (isFirst) lookLater()
      }),
  }
}
