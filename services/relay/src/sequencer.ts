import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { EventMover } from './db/event-mover.ts'
import type { Lease } from './db/lease-repository.ts'

/** Pauses in milliseconds: after a move, so that the next one has more to move, and after a failure. */
const pauses = { afterMoveMs: 50, afterFailureMs: 500 }

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
  const pause = (ms: number) => setTimeout(ms, undefined, { signal }).catch(() => undefined)

  while (!signal.aborted) {
    const now = performance.now()
    const quickSince = now - completeAt < completeLookEveryMs ? since : undefined
    try {
      if (quickSince !== undefined && !(await mover.waitForEvent(quickSince))) continue
      const isComplete = quickSince === undefined
      const move = await mover.move(lease, quickSince)
      if (move.isRefused) {
        onRefused(lease)
        return
      }
      if (isComplete && !move.isFull) {
        since = move.startedAt
        completeAt = now
      }
      if (move.moved > 0) onMoved({ count: move.moved, head: move.head })
      const foundNothing = isComplete && move.moved === 0
      if (!move.isFull && !foundNothing) await pause(pauses.afterMoveMs)
    } catch (error) {
      if (signal.aborted) return
      log.warn({ err: error }, 'events could not be given positions')
      await pause(pauses.afterFailureMs)
    }
  }
}
