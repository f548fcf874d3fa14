import type { Setting } from '@shop/service/config'
import type { Outcome } from './attempt.ts'

const minute = 60
const hour = 60 * minute

/**
 * The waits between the attempts that Standard Webhooks 1.0.0 recommends, in seconds: ten attempts in a little more
 * than three days.
 */
const standardWaits = [
  5,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]

const maxWait = 24 * hour

/** A random part of every wait, so that what failed together does not return together. */
const jitter = 0.1

/** A setting of waits between attempts, in seconds. */
export function retryWaits(env: string, { meaning }: { meaning: string }): Setting<number[]> {
  return {
    env,
    meaning,
    default: standardWaits.join(),
    expected: `from 1 to 20 whole numbers from 1 to ${maxWait}, separated by commas`,
    parse(raw) {
      const waits = raw.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : Number.NaN))
      return waits.length <= 20 && waits.every((wait) => wait >= 1 && wait <= maxWait) ? waits : undefined
    },
  }
}

/** Returns how long the receiver asks to be left alone, in milliseconds, 24 hours at most; 0 if it does not. */
export const askedPauseMs = ({ retryAfterSeconds = 0 }: { retryAfterSeconds?: number }): number =>
  Math.min(retryAfterSeconds, maxWait) * 1000

/** What to do after a failed attempt: `parked` was the last, `gone` asks for no more messages at all. */
export type Next = { action: 'retry'; afterMs: number } | { action: 'parked' } | { action: 'gone' }

/** Returns what follows the failed attempt number `attempt`, which starts at 1. */
export function nextStep(
  outcome: Extract<Outcome, { delivered: false }>,
  { attempt, waits }: { attempt: number; waits: readonly number[] },
  random: () => number = Math.random,
): Next {
  if (outcome.status === 410) return { action: 'gone' }
  const wait = waits[attempt - 1]
  if (wait === undefined) return { action: 'parked' }
  const scheduledMs = wait * 1000 * (1 - jitter + 2 * jitter * random())
  // never before what the receiver asked for
  const askedMs = askedPauseMs(outcome) * (1 + jitter * random())
  return { action: 'retry', afterMs: Math.round(Math.max(scheduledMs, askedMs)) }
}
