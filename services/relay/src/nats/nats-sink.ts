import { setTimeout } from 'node:timers/promises'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { Logger } from 'pino'
import type { FeedReader } from '../feed-reader.ts'
import type { Sink } from '../sinks.ts'
import type { BrokerMetrics, Failure } from './broker-metrics.ts'
import { brokerTimeoutMs, connectToBroker } from './connection.ts'
import { findPlace } from './place.ts'
import { OvertakenError, RepeatError, sendEvents } from './sender.ts'
import { openStream, StreamRefusedError } from './stream.ts'

export type NatsSinkOptions = {
  brokerUrl: string
  /** The name of the stream. */
  stream: string
  /** How long events stay in the feed, in milliseconds. */
  retentionMs: number
  metrics: BrokerMetrics
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** The pause before sending begins again after a failure, in milliseconds. */
  retryMs?: number
}

/**
 * Creates the sink that sends all events to a stream of NATS JetStream, in order. It has no state of its own: each attempt
 * looks up what the stream has and goes on from there, whatever became of the broker, the stream and other relays.
 */
export function createNatsSink({ retryMs = 1000, ...options }: NatsSinkOptions): Sink {
  const { metrics, log } = options
  return {
    name: 'nats',
    async run(feed, signal) {
      // an outage is one line in the log, not one a second
      let logged = ''
      const onConnected = () => {
        logged = ''
      }
      while (!signal.aborted) {
        try {
          await sendFromPlace(feed, signal, options, onConnected)
        } catch (error) {
          if (signal.aborted) break
          metrics.countError(reasonOf(error))
          if (String(error) !== logged)
            log.warn({ err: error }, 'the events are not sent to the broker; retrying')
          logged = String(error)
        }
        await setTimeout(retryMs, undefined, { signal }).catch(() => undefined)
      }
      metrics.handOver()
    },
  }
}

/** Connects to the broker and sends events until something fails or `signal` is aborted. */
async function sendFromPlace(
  feed: FeedReader,
  signal: AbortSignal,
  { brokerUrl, stream, retentionMs, metrics, log }: Omit<NatsSinkOptions, 'retryMs'>,
  onConnected: () => void,
): Promise<void> {
  metrics.setHead((await feed.readState()).head)
  const connection = await connectToBroker(brokerUrl, signal)
  const ending = new AbortController()
  void connection.closed().then((error) => ending.abort(error ?? new Error('the connection was closed')))
  const close = () => void connection.close()
  signal.addEventListener('abort', close)
  try {
    const manager = await jetstreamManager(connection, { timeout: brokerTimeoutMs, checkAPI: false })
    const place = await findPlace(manager, await openStream(manager, { stream, retentionMs }), feed)
    log.info({ ...place, stream }, 'sends the events after this position to the broker')
    metrics.setConnected(true)
    onConnected()
    await sendEvents({
      feed,
      client: jetstream(connection),
      place,
      readLastSequence: async () => (await manager.streams.info(stream)).state.last_seq,
      signal: ending.signal,
      onHead: metrics.setHead,
      onSent: metrics.setSent,
      onExpired(count) {
        metrics.countError('expired')
        log.error({ count }, 'events left the feed before they could be sent to the broker')
      },
    })
    ending.signal.throwIfAborted()
  } finally {
    metrics.setConnected(false)
    signal.removeEventListener('abort', close)
    await connection.close()
  }
}

function reasonOf(error: unknown): Failure {
  if (error instanceof StreamRefusedError) return 'stream_refused'
  if (error instanceof OvertakenError) return 'overtaken'
  if (error instanceof RepeatError) return 'repeat'
  return 'unavailable'
}
