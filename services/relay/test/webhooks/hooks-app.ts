import { databaseReadiness } from '@shop/service/http/readiness'
import { createLogger } from '@shop/service/logger'
import { cleanUp, type Lifetime } from '@shop/tests/kit/clean-up'
import { createTestDatabase } from '@shop/tests/kit/database'
import { watchAnswers } from '@shop/tests/kit/openapi/answers'
import { asUser, verifyToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { buildApp } from '../../src/app.ts'
import { createEventMover } from '../../src/db/event-mover.ts'
import { createFeedRepository } from '../../src/db/feed-repository.ts'
import { createLeaseRepository, type Lease } from '../../src/db/lease-repository.ts'
import { feedPlans } from '../../src/db/session.ts'
import { createWebhookWork } from '../../src/db/webhook-work.ts'
import { createFeedReader } from '../../src/feed-reader.ts'
import { createHeadWatch } from '../../src/head-watch.ts'
import type { Outcome } from '../../src/webhooks/attempt.ts'
import { createWebhookSink } from '../../src/webhooks/sink.ts'
import type { TargetPolicy } from '../../src/webhooks/target.ts'
import type { Webhook } from '../../src/webhooks/webhook.ts'
import { insertShop } from '../orders.ts'
import { createWebhookDependencies } from './dependencies.ts'

const names = { eventSource: 'urn:test:shop', eventTypePrefix: 'com.example' }

export type HooksApp = Awaited<ReturnType<typeof createHooksApp>>

type Options = {
  /** Between attempts, in seconds. */
  waits?: number[]
  policy?: Partial<TargetPolicy>
  withoutKey?: boolean
  /** Receives what is logged, at level trace. */
  logLines?: string[]
}

/** Starts the whole app on its own database. Its webhooks may go to 127.0.0.1, over http. Call close() after the tests. */
export async function createHooksApp({ waits = [0.05, 0.05], policy, withoutKey, logLines }: Options = {}) {
  const database = await createTestDatabase('relay_service', { session: feedPlans })
  const logger = createLogger(
    { name: 'relay', level: logLines ? 'trace' : 'silent' },
    { write: (line) => logLines?.push(line) },
  )
  const repository = createFeedRepository(database.db)
  const { waitBeyond } = createHeadWatch(async () => (await repository.readState()).head, {
    everyMs: 5,
    isStopping: () => app.lifecycle.draining,
  })
  const feed = createFeedReader(repository, { names, waitBeyond })
  const dependencies = createWebhookDependencies(database.db)
  const secretBox = withoutKey ? undefined : dependencies.secretBox
  const targets: TargetPolicy = { ...dependencies.policy, ...policy }
  const app = buildApp(
    {
      feed,
      names,
      verifyToken,
      ...dependencies,
      secretBox,
      policy: targets,
    },
    {
      logger,
      checkReadiness: databaseReadiness(database.db, {
        table: 'relay_migrations',
        folder: new URL('../../migrations/', import.meta.url),
      }),
    },
  )
  const checkAnswers = watchAnswers(app)
  await app.ready()
  const leases = createLeaseRepository(database.db)
  const lease = (await leases.takeOver(uuidv7())) as Lease
  const work = createWebhookWork(database.db)
  const mover = createEventMover(database.db)
  const headers = await asUser(uuidv7(), 'admin')
  const attempts: Outcome[] = []

  async function call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, body?: object) {
    const response = await app.inject({ method, url, headers, ...(body && { payload: body }) })
    return { status: response.statusCode, body: response.body === '' ? undefined : response.json(), response }
  }

  return {
    app,
    database,
    work,
    lease,
    leases,
    attempts,
    call,
    shop: await insertShop(database),

    /** Adds a webhook through the API and returns it with its secret. */
    async addWebhook(webhook: { url: string; types?: string[]; ordered?: boolean }) {
      const { status, body } = await call('POST', '/admin/webhooks', webhook)
      if (status !== 201) throw new Error(JSON.stringify(body))
      return body as Webhook & { secret: string }
    },

    /** Gives positions to all events. */
    async move() {
      while ((await mover.move(lease)).moved > 0);
    },

    /** Sends to webhooks, as the holder of the lease does, until the test or the function that is returned ends it. */
    startSending(t: Lifetime, held: Lease = lease) {
      const ending = new AbortController()
      const onAttempt = (outcome: Outcome) => void attempts.push(outcome)
      const sink = createWebhookSink({ work, secretBox, policy: targets, waits, log: logger, onAttempt })
      const sending = sink.run(feed, ending.signal, held)
      sending.catch(() => undefined)
      const stop = () => {
        ending.abort()
        return sending
      }
      cleanUp(t, () => stop().catch(() => undefined))
      return { stop, sending }
    },

    async close() {
      await app.close()
      await database.drop()
      checkAnswers()
    },
  }
}
