import { Counter, Gauge, type Registry } from 'prom-client'
import type { Backlog } from './db/backlog.ts'

export type RelayMetrics = ReturnType<typeof createRelayMetrics>

/** Returns what the relay reports besides what every service does. `holdsLease` is asked at each scrape. */
export function createRelayMetrics(
  registry: Registry,
  { holdsLease, retentionDays }: { holdsLease: () => boolean; retentionDays: number },
) {
  const registers = [registry]
  const lag = new Gauge({
    name: 'relay_lag_seconds',
    help: 'Age of the oldest event without a position in the feed; 0 without any',
    registers,
  })
  const backlog = new Gauge({
    name: 'relay_backlog_events',
    help: 'Events without a position in the feed; the count stops at 100000',
    registers,
  })
  const positions = new Counter({
    name: 'relay_positions_total',
    help: 'Events that this process has given a position in the feed',
    registers,
  })
  new Gauge({
    name: 'relay_retention_seconds',
    help: 'For how long events stay in the feed: EVENTS_RETENTION_DAYS',
    registers,
  }).set(retentionDays * 86_400)
  new Gauge({
    name: 'relay_holds_lease',
    help: '1 while this process is the one that works, otherwise 0',
    registers,
    collect() {
      this.set(holdsLease() ? 1 : 0)
    },
  })
  return {
    countPositions: (count: number) => positions.inc(count),
    setBacklog({ events, lagSeconds }: Backlog) {
      backlog.set(events)
      lag.set(lagSeconds)
    },
  }
}
