import { Gauge, Histogram, type Registry } from 'prom-client'
import { durationBuckets } from '../http/metrics.ts'

/** How a call ended: the upstream answered, refused (4xx), failed (5xx or nonsense), was late, or was not reached. */
export type CallOutcome = 'answered' | 'refused' | 'failed' | 'timeout' | 'unreachable'

export type ClientMetrics = ReturnType<typeof createClientMetrics>

/** Returns what all clients of a process report of the services that they call. */
export function createClientMetrics(registry: Registry) {
  const duration = new Histogram({
    name: 'upstream_request_duration_seconds',
    help: 'Time that a call to another service took, including its retry',
    labelNames: ['upstream', 'outcome'] as const,
    buckets: durationBuckets,
    registers: [registry],
  })
  const breakers = new Map<string, () => boolean>()
  new Gauge({
    name: 'upstream_breaker_open',
    help: '1 while calls to another service are suspended because it keeps failing, otherwise 0',
    labelNames: ['upstream'] as const,
    registers: [registry],
    collect() {
      for (const [upstream, isOpen] of breakers) this.set({ upstream }, isOpen() ? 1 : 0)
    },
  })
  return {
    /** Reports the breaker of an upstream from now on. */
    watchBreaker: (upstream: string, isOpen: () => boolean) => void breakers.set(upstream, isOpen),
    observeCall: (upstream: string, outcome: CallOutcome, seconds: number) =>
      duration.observe({ upstream, outcome }, seconds),
  }
}
