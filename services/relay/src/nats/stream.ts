import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream'
import { eventTypes } from '../cloud-event.ts'

/** The subject of the events of a type, such as `placed`. */
export const subjectOf = (type: string) => `orders.${type}`

/** How long the broker remembers ids, to drop messages that are published twice; NATS's own default. */
const duplicateWindowMs = 120_000

/** More than the body of an event, 64 KiB, with its headers. */
const maxMessageBytes = 68 * 1024

const toNanoseconds = (ms: number) => ms * 1_000_000

/** The stream would lose events. */
export class StreamRefusedError extends Error {
  override readonly name = 'StreamRefusedError'

  constructor(stream: string, problems: string[]) {
    super(`The stream ${stream} would lose events, so nothing is sent: ${problems.join('; ')}.`)
  }
}

/**
 * Returns the stream of events, which it makes if there is none. Events stay in a new stream at least as long as in the
 * feed. Throws StreamRefusedError for one that would lose some.
 */
export async function openStream(
  manager: JetStreamManager,
  { stream, retentionMs }: { stream: string; retentionMs: number },
): Promise<StreamInfo> {
  const info = await findStream(manager, stream)
  if (!info)
    return manager.streams.add({
      name: stream,
      subjects: ['orders.*'],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      max_age: toNanoseconds(retentionMs),
      duplicate_window: toNanoseconds(duplicateWindowMs),
    })
  const problems = problemsOf(info.config, retentionMs)
  if (problems.length > 0) throw new StreamRefusedError(stream, problems)
  return info
}

async function findStream(manager: JetStreamManager, stream: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(stream)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)
      return undefined
    throw error
  }
}

/** Limits are absent from the answer, 0 or -1 when there are none. */
const isLimited = (value: number | undefined) => value !== undefined && value > 0

function problemsOf(config: StreamConfig, retentionMs: number): string[] {
  const { storage, retention, discard, max_age, max_msgs, max_bytes, max_msgs_per_subject } = config
  const missing = eventTypes.map(subjectOf).filter((subject) => !includesSubject(config.subjects, subject))
  const dropsOldest = discard !== DiscardPolicy.New
  const problems: Record<string, boolean> = {
    'its storage must be file': storage !== StorageType.File,
    'its retention must be limits': retention !== RetentionPolicy.Limits,
    'it must acknowledge messages (no_ack)': config.no_ack === true,
    'it must not have sources': (config.sources?.length ?? 0) > 0,
    'with max_msgs its discard policy must be new': dropsOldest && isLimited(max_msgs),
    'with max_bytes its discard policy must be new': dropsOldest && isLimited(max_bytes),
    'it must not have max_msgs_per_subject': isLimited(max_msgs_per_subject),
    [`its max_age must be at least ${retentionMs / 3_600_000} hours, as EVENTS_RETENTION_DAYS says`]:
      isLimited(max_age) && max_age < toNanoseconds(retentionMs),
    [`its max_msg_size must be at least ${maxMessageBytes}`]:
      isLimited(config.max_msg_size) && config.max_msg_size < maxMessageBytes,
    [`its subjects must include ${missing.join(', ')}`]: missing.length > 0,
  }
  return Object.keys(problems).filter((problem) => problems[problem])
}

const includesSubject = (patterns: readonly string[] | undefined, subject: string) =>
  patterns?.some((pattern) => ['>', '*.*', '*.>', 'orders.*', 'orders.>', subject].includes(pattern)) ?? false
