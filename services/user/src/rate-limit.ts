export type RateLimit = ReturnType<typeof createRateLimit>

export type RateLimitOptions = {
  /** Maximum number of requests in a burst. */
  burst: number
  /** The time after which one more is allowed, in milliseconds. */
  intervalMs: number
  /** How many keys are kept; beyond that, the least recently used one is dropped. */
  maxKeys: number
}

/**
 * Counts by key, in the memory of this process, with the generic cell rate algorithm (ITU-T I.371, annex A):
 * for each key it keeps only the time at which its whole burst is available again.
 */
export function createRateLimit(
  { burst, intervalMs, maxKeys }: RateLimitOptions,
  now: () => number = () => performance.now(),
) {
  const fullAt = new Map<string, number>()

  const debtMs = (key: string) => Math.max(0, (fullAt.get(key) ?? 0) - now())

  return {
    /** Returns the time until `key` is allowed another one, in whole seconds; 0 means now. */
    secondsUntilNext(key: string): number {
      return Math.max(0, Math.ceil((debtMs(key) - (burst - 1) * intervalMs) / 1000))
    },

    /** Returns how many more `key` is allowed now, and the time until its whole burst is available, in whole seconds. */
    quotaOf(key: string): { remaining: number; resetSeconds: number } {
      const debt = debtMs(key)
      return {
        remaining: Math.max(0, Math.floor(burst - debt / intervalMs)),
        resetSeconds: Math.ceil(debt / 1000),
      }
    },

    /** Counts one, even if none is left: debt beyond the burst lengthens the wait. */
    take(key: string): void {
      const until = now() + Math.min(debtMs(key), burst * intervalMs) + intervalMs
      // a map iterates in order of insertion, so this moves the key to its end
      fullAt.delete(key)
      fullAt.set(key, until)
      const oldest = fullAt.size > maxKeys ? fullAt.keys().next().value : undefined
      if (oldest !== undefined) fullAt.delete(oldest)
    },
  }
}
