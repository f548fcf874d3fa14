import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { EventMover } from './db/event-mover.ts'
import type { Lease } from './db/lease-repository.ts'

/** Pauses between looks, in milliseconds: while events come, and when none has come for a second. */
const pauses = { busyMs: 50, idleMs: 75, afterFailureMs: 500 }

/**
 * How often it looks at all events that have no position, in milliseconds. The other looks skip what is older, because
 * the rows that were there are slow to pass while an old snapshot keeps PostgreSQL from removing them.
 */
const completeLookEveryMs = 5000

export type SequencerOptions = {
  mover: EventMover
  log: Pick<Logger, 'warn'>
  /** Called when events got positions: with how many, and with the last position. */
  onMoved: (moved: { count: number; head: number }) => void
  /** Called when the lease turns out to be gone. */
  onRefused: (lease: Lease) => void
}

/** Gives positions to events, until `signal` is aborted. Never throws. */
export async function runSequencer(
  lease: Lease,
  signal: AbortSignal,
  { mover, log, onMoved, onRefused }: SequencerOptions,
): Promise<void> {
  let since: string | undefined
  let completeAt = Number.NEGATIVE_INFINITY
  let foundAt = Number.NEGATIVE_INFINITY
  const pause = (ms: number) => setTimeout(ms, undefined, { signal }).catch(() => undefined)

  while (!signal.aborted) {
    const now = performance.now()
    const isBusy = now - foundAt < 1000
    const isComplete = since === undefined || now - completeAt >= completeLookEveryMs
    try {
      if (!isBusy && !isComplete && !(await mover.hasEvents(since as string))) {
        await pause(pauses.idleMs)
        continue
      }
      const move = await mover.move(lease, isComplete ? undefined : since)
      if (move.isRefused) {
        onRefused(lease)
        return
      }
      if (isComplete && !move.isFull) {
        since = move.startedAt
        completeAt = now
      }
      if (move.moved > 0) {
        foundAt = now
        onMoved({ count: move.moved, head: move.head })
      }
      if (!move.isFull) await pause(isBusy || move.moved > 0 ? pauses.busyMs : pauses.idleMs)
    } catch (error) {
      if (signal.aborted) return
      log.warn({ err: error }, 'events could not be given positions')
      await pause(pauses.afterFailureMs)
    }
  }
}
