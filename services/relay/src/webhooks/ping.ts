import { v7 as uuidv7 } from 'uuid'
import type { EventNames } from '../cloud-event.ts'
import { createSender } from './attempt.ts'
import type { TargetPolicy } from './target.ts'

/** Sends a test message, signed with each of `secrets`, and returns what came of it. Never rejects. */
export async function ping({
  url,
  secrets,
  names,
  policy,
}: {
  url: string
  secrets: readonly string[]
  names: EventNames
  policy: TargetPolicy
}) {
  const id = uuidv7()
  const body = JSON.stringify({
    specversion: '1.0',
    id,
    source: names.eventSource,
    type: `${names.eventTypePrefix}.webhooks.ping.v1`,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: {},
  })
  const sender = createSender(url, { policy, connections: 1 })
  try {
    const outcome = await sender.send({ id, body }, secrets)
    const { delivered, status = null, durationMs } = outcome
    if (delivered) return { delivered, status, reason: null, answer: null, durationMs }
    return { delivered, status, reason: outcome.reason, answer: outcome.answer ?? null, durationMs }
  } finally {
    await sender.close()
  }
}
