export type RateLimit = ReturnType<typeof createRateLimit>

export type RateLimitOptions = {
  /** How many may come at once. */
  burst: number
  /** How long it takes until one more may come, in milliseconds. */
  intervalMs: number
  /** How many keys are remembered; beyond that, the one that has not come for the longest time is forgotten. */
  maxKeys: number
}

/**
 * Counts by key, in the memory of this process. The generic cell rate algorithm (ITU-T I.371, annex A): all that is kept
 * of a key is the time at which everything that it has taken will have been given back.
 */
export function createRateLimit(
  { burst, intervalMs, maxKeys }: RateLimitOptions,
  now: () => number = () => performance.now(),
) {
  const fullAt = new Map<string, number>()

  const debtMs = (key: string) => Math.max(0, (fullAt.get(key) ?? 0) - now())

  return {
    /** How long until `key` may take one, in whole seconds; 0 when it may now. */
    secondsUntilNext(key: string): number {
      return Math.max(0, Math.ceil((debtMs(key) - (burst - 1) * intervalMs) / 1000))
    },

    /** Takes one, whether or not there is one left: what is owed beyond the burst has to be waited for as well. */
    take(key: string): void {
      const until = now() + Math.min(debtMs(key), burst * intervalMs) + intervalMs
      // at the end of the map is what came last
      fullAt.delete(key)
      fullAt.set(key, until)
      const oldest = fullAt.size > maxKeys ? fullAt.keys().next().value : undefined
      if (oldest !== undefined) fullAt.delete(oldest)
    },
  }
}
