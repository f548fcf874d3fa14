import { setTimeout } from 'node:timers/promises'
import { untraced } from '@shop/service/tracing'

type Waiter = { position: number; settle: (error?: unknown) => void }

/**
 * Returns a function that waits until the feed has an event after a position, until its signal is aborted, or until the
 * process stops. While anybody waits, one query every `everyMs` serves them all. Its failures are thrown to all who wait.
 */
export function createHeadWatch(
  readHead: () => Promise<number>,
  { everyMs, isStopping }: { everyMs: number; isStopping: () => boolean },
) {
  const waiters = new Set<Waiter>()
  let isWatching = false

  async function watch() {
    while (waiters.size > 0) {
      try {
        const head = await readHead()
        for (const { position, settle } of waiters) if (head > position || isStopping()) settle()
      } catch (error) {
        for (const { settle } of waiters) settle(error)
      }
      if (waiters.size > 0) await setTimeout(everyMs)
    }
    isWatching = false
  }

  return (position: number, signal: AbortSignal): Promise<void> =>
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
      if (isWatching) return
      isWatching = true
      void untraced(watch)
    })
}
