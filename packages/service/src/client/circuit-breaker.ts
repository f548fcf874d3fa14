/**
 * Stops calls to a service that keeps failing: after `threshold` failures in a row the breaker is open and
 * lets no call through for `openMs`. Then one trial call is let through, and its outcome closes or reopens
 * the breaker. (M. Nygard, Release It!, "Circuit Breaker".)
 */
export function createCircuitBreaker({ threshold, openMs }: { threshold: number; openMs: number }) {
  let failures = 0
  let openUntil = 0
  let trying = false

  return {
    /** Returns whether a call may be made now. After true, the caller must report the outcome. */
    allows(): boolean {
      if (failures < threshold) return true
      if (trying || performance.now() < openUntil) return false
      trying = true
      return true
    },
    succeeded(): void {
      failures = 0
      trying = false
    },
    /**
     * Counts a failed call, as `count` failures. Returns true when that opens the breaker; later failures of calls
     * already in progress return false.
     */
    failed(count = 1): boolean {
      const opens = (failures < threshold && failures + count >= threshold) || trying
      failures += count
      trying = false
      if (opens) openUntil = performance.now() + openMs
      return opens
    },
    /** Returns whether calls are suspended, but for a trial. */
    isOpen: (): boolean => failures >= threshold,
    /** Returns how long it stays open, in whole seconds, at least 1. */
    secondsUntilTrial: (): number => Math.max(1, Math.ceil((openUntil - performance.now()) / 1000)),
  }
}
