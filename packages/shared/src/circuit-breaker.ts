/**
 * Stops calls to what keeps failing: after `threshold` failures in a row it is open, and lets nothing through for
 * `openMs`; then one call may try, and its outcome closes it or opens it again.
 * (M. Nygard, Release It!, "Circuit Breaker".)
 */
export function createCircuitBreaker({ threshold, openMs }: { threshold: number; openMs: number }) {
  let failures = 0
  let openedAt = 0
  let trying = false

  return {
    /** Whether a call may be made now. Who is told yes must report its outcome. */
    allows(): boolean {
      if (failures < threshold) return true
      if (trying || performance.now() - openedAt < openMs) return false
      trying = true
      return true
    },
    succeeded(): void {
      failures = 0
      trying = false
    },
    /** Returns true when this failure has opened it. */
    failed(): boolean {
      failures++
      trying = false
      if (failures < threshold) return false
      openedAt = performance.now()
      return true
    },
  }
}
