import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { databaseReadiness } from '@shop/service/http/readiness'
import { createLogger } from '@shop/service/logger'
import { createTestDatabase } from '@shop/tests/kit/database'
import { watchAnswers } from '@shop/tests/kit/openapi/answers'
import { verifyToken } from '@shop/tests/kit/tokens'
import { v7 as uuidv7 } from 'uuid'
import { buildApp } from '../src/app.ts'
import { createEventMover } from '../src/db/event-mover.ts'
import { createFeedRepository } from '../src/db/feed-repository.ts'
import { createLeaseRepository, type Lease } from '../src/db/lease-repository.ts'
import { feedPlans } from '../src/db/session.ts'
import { createFeedReader } from '../src/feed-reader.ts'
import { createHeadWatch } from '../src/head-watch.ts'
import { insertShop } from './orders.ts'
import { createWebhookDependencies } from './webhooks/dependencies.ts'

export type TestApp = Awaited<ReturnType<typeof createTestApp>>

export const names = { eventSource: 'urn:test:shop', eventTypePrefix: 'com.example' }

/**
 * Starts the whole app as in main.ts on its own database, connected as relay_service, without the work of the lease's
 * holder: a test moves events when it wants them moved. Call close() after the tests.
 */
export async function createTestApp({ maxWaiting }: { maxWaiting?: number } = {}) {
  const database = await createTestDatabase('relay_service', { session: feedPlans })
  const logger = createLogger({ name: 'relay', level: 'silent' })
  const checkReadiness = databaseReadiness(database.db, {
    table: 'relay_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const repository = createFeedRepository(database.db)
  let waits = 0
  const { waitBeyond } = createHeadWatch(async () => (await repository.readState()).head, {
    everyMs: 5,
    isStopping: () => app.lifecycle.draining,
  })
  const feed = createFeedReader(repository, {
    names,
    waitBeyond: (position, signal) => {
      waits++
      return waitBeyond(position, signal)
    },
  })
  const app = buildApp(
    {
      feed,
      names,
      verifyToken,
      ...createWebhookDependencies(database.db),
      ...(maxWaiting !== undefined && { maxWaiting }),
    },
    { logger, checkReadiness },
  )
  const checkAnswers = watchAnswers(app)
  await app.ready()
  const lease = (await createLeaseRepository(database.db).takeOver(uuidv7())) as Lease
  return {
    app,
    database,
    feed,
    lease,
    shop: await insertShop(database),
    /** Gives positions to all events. */
    async move() {
      const mover = createEventMover(database.db)
      while ((await mover.move(lease)).moved > 0);
    },
    /** Returns how often somebody has begun to wait. */
    waits: () => waits,
    /** Resolves when somebody has begun to wait for this many times. */
    async untilWaits(count: number) {
      for (const deadline = Date.now() + 10_000; waits < count; await setTimeout(2))
        assert.ok(Date.now() < deadline, `nobody waits: ${waits} of ${count}`)
    },
    async close() {
      await app.close()
      await database.drop()
      checkAnswers()
    },
  }
}
