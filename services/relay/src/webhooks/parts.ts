import type { Database } from '@shop/service/database/database'
import { startDeletingExpired } from '@shop/service/database/delete-expired'
import { startRepeating } from '@shop/service/repeat'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { createDeliveryRepository } from '../db/delivery-repository.ts'
import { measureWebhooks } from '../db/webhook-backlog.ts'
import { createWebhookRepository } from '../db/webhook-repository.ts'
import { createWebhookWork } from '../db/webhook-work.ts'
import { createWebhookMetrics } from './metrics.ts'
import { createConfiguredBox, createTargetPolicy, type WebhookConfig } from './settings.ts'
import { createWebhookSink } from './sink.ts'

/** Of the time for which events are kept: what is as late as this may soon lose some. */
const alarmingShare = 0.8

/** Returns what webhooks are made of: what their routes need, and the sink that sends to them. */
export function createWebhookParts(
  config: WebhookConfig & { eventsRetentionDays: number },
  { db, workDb, log }: { db: Database; workDb: Database; log: Logger },
) {
  const policy = createTargetPolicy(config)
  const secretBox = createConfiguredBox(config)
  const deliveries = createDeliveryRepository(db)
  let metrics: ReturnType<typeof createWebhookMetrics> | undefined

  async function measure() {
    const backlogs = await measureWebhooks(db)
    metrics?.setBacklogs(backlogs)
    const alarmingSeconds = config.eventsRetentionDays * 86_400 * alarmingShare
    for (const { id, lagSeconds } of backlogs)
      if (lagSeconds > alarmingSeconds)
        log.warn({ webhook: id, lagSeconds }, 'a webhook is so late that it will miss events')
  }

  return {
    routes: { webhooks: createWebhookRepository(db), deliveries, secretBox, policy },

    sink: createWebhookSink({
      work: createWebhookWork(workDb),
      secretBox,
      policy,
      waits: config.webhookRetrySeconds,
      log,
      onAttempt: (outcome) => metrics?.countAttempt(outcome),
    }),

    /** Measures and cleans up in the background, and reports to `registry`. Returns a function that stops it. */
    start(registry: Registry): () => void {
      metrics = createWebhookMetrics(registry)
      const stops = [
        startRepeating(measure, { everyMs: 15_000, failure: 'webhooks could not be measured', log }),
        startDeletingExpired(deliveries.deleteExpired, { everyMs: 60_000, what: 'deliveries', log }),
      ]
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
}
