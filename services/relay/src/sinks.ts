import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Lease } from './db/lease-repository.ts'
import type { FeedReader } from './feed-reader.ts'

/**
 * Where events go. `run` sends them until `signal` is aborted, which is when another process may have taken the lease;
 * every statement that records how far it has come must check `lease`. When it throws it is run again.
 */
export type Sink = {
  name: string
  run(feed: FeedReader, signal: AbortSignal, lease: Lease): Promise<void>
}

/** The pause before a sink that has failed runs again, in milliseconds. */
const restartDelayMs = 1000

/** Runs all sinks side by side until `signal` is aborted. */
export async function runSinks(
  sinks: readonly Sink[],
  {
    feed,
    signal,
    lease,
    log,
  }: { feed: FeedReader; signal: AbortSignal; lease: Lease; log: Pick<Logger, 'error'> },
): Promise<void> {
  async function runOne({ name, run }: Sink) {
    while (!signal.aborted) {
      try {
        await run(feed, signal, lease)
      } catch (error) {
        if (signal.aborted) return
        log.error({ err: error, sink: name }, 'a sink failed and is started again')
      }
      await setTimeout(restartDelayMs, undefined, { signal }).catch(() => undefined)
    }
  }
  await Promise.all(sinks.map(runOne))
}
