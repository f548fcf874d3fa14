import { Counter, Gauge, type Registry } from 'prom-client'

/** Why sending had to begin again. */
export type Failure = (typeof failures)[number]

const failures = ['unavailable', 'stream_refused', 'overtaken', 'repeat', 'expired'] as const

export type BrokerMetrics = ReturnType<typeof createBrokerMetrics>

/** Returns what the relay reports of the broker. */
export function createBrokerMetrics(registry: Registry) {
  const registers = [registry]
  const connected = new Gauge({
    name: 'relay_broker_connected',
    help: '1 while this process sends events to the broker, otherwise 0',
    registers,
  })
  const position = new Gauge({
    name: 'relay_broker_position',
    help: 'Position in the feed of the last event that the broker has acknowledged to this process',
    registers,
  })
  const lag = new Gauge({
    name: 'relay_broker_lag_events',
    help: 'Events in the feed after that position; 0 in a process that does not hold the lease',
    registers,
  })
  const errors = new Counter({
    name: 'relay_broker_errors_total',
    help: 'Times that sending to the broker had to begin again, by reason',
    labelNames: ['reason'] as const,
    registers,
  })
  // a counter that begins with 1 has no increase
  for (const reason of failures) errors.inc({ reason }, 0)
  let sent: number | undefined
  let head: number | undefined
  const setLag = () => lag.set(sent === undefined || head === undefined ? 0 : Math.max(head - sent, 0))

  return {
    setConnected: (isConnected: boolean) => connected.set(isConnected ? 1 : 0),
    setSent(sentPosition: number) {
      sent = sentPosition
      position.set(sent)
      setLag()
    },
    setHead(headPosition: number) {
      head = headPosition
      setLag()
    },
    /** Forgets how far sending has come, because another process goes on with it. */
    handOver() {
      sent = undefined
      setLag()
    },
    countError: (reason: Failure) => errors.inc({ reason }),
  }
}
