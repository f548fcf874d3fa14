/**
 * Stops calls to what keeps failing: after `threshold` failures in a row it is open, and lets nothing through for
 * `openMs`; then one call may try, and its outcome closes it or opens it again.
 * (M. Nygard, Release It!, "Circuit Breaker".)
 */
export function createCircuitBreaker({ threshold, openMs }: { threshold: number; openMs: number }) {
  let failures = 0
  let openUntil = 0
  let trying = false

  return {
    /** Whether a call may be made now. Who is told yes must report its outcome. */
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
    /** Returns true when this failure has opened it: calls that were under way by then fail without a further effect. */
    failed(): boolean {
      failures++
      const opens = failures === threshold || trying
      trying = false
      if (opens) openUntil = performance.now() + openMs
      return opens
    },
    /** How long it stays open, in whole seconds, at least one. */
    secondsUntilTrial: (): number => Math.max(1, Math.ceil((openUntil - performance.now()) / 1000)),
  }
}
