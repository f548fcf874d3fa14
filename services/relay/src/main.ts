import { createConfiguredVerifier } from '@shop/service/auth/configured-verifier'
import { readConfig } from '@shop/service/config'
import { createDatabase } from '@shop/service/database/database'
import { startDeletingExpired } from '@shop/service/database/delete-expired'
import { observeConnections } from '@shop/service/database/metrics'
import { databaseReadiness } from '@shop/service/http/readiness'
import { run, runMain } from '@shop/service/http/run'
import { createLogger } from '@shop/service/logger'
import { startRepeating } from '@shop/service/repeat'
import { Registry } from 'prom-client'
import { buildApp } from './app.ts'
import { measureBacklog } from './db/backlog.ts'
import { createEventMover } from './db/event-mover.ts'
import { createFeedRepository } from './db/feed-repository.ts'
import { createLeaseRepository } from './db/lease-repository.ts'
import { removeOldEvents } from './db/retention.ts'
import { feedPlans } from './db/session.ts'
import { createFeedReader } from './feed-reader.ts'
import { createHeadWatch } from './head-watch.ts'
import { startLease } from './lease.ts'
import { createBrokerMetrics } from './nats/broker-metrics.ts'
import { createNatsSink } from './nats/nats-sink.ts'
import { createRelayMetrics } from './relay-metrics.ts'
import { runSequencer } from './sequencer.ts'
import { settings } from './settings.ts'
import { runSinks } from './sinks.ts'
import { createWebhookParts } from './webhooks/parts.ts'

await runMain(async () => {
  const config = readConfig(settings, process.env)
  const logger = createLogger({ name: 'relay', level: config.logLevel })
  const registry = new Registry()
  const verifyToken = createConfiguredVerifier(config, logger, { metrics: registry })
  const connections = { name: 'relay', logger, session: feedPlans }
  const db = createDatabase(config, connections)
  // the lease must be renewed however many requests wait for a connection; one waits for events
  const workDb = createDatabase({ ...config, databasePoolSize: 4 }, connections)
  observeConnections(registry, { main: db, work: workDb })
  const checkReadiness = databaseReadiness(db, {
    table: 'relay_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const feedRepository = createFeedRepository(db)
  const holdsLease = () => lease.current() !== undefined
  const headWatch = createHeadWatch(async () => (await feedRepository.readState()).head, {
    everyMs: 50,
    isReported: holdsLease,
    isStopping: () => app.lifecycle.draining,
  })
  const feed = createFeedReader(feedRepository, { names: config, waitBeyond: headWatch.waitBeyond })
  const webhooks = createWebhookParts(config, { db, workDb, log: logger })
  const app = buildApp(
    { feed, names: config, verifyToken, ...webhooks.routes },
    { logger, metrics: registry, checkReadiness, limits: config, corsOrigins: config.corsOrigins },
  )
  const metrics = createRelayMetrics(registry, {
    holdsLease,
    retentionDays: config.eventsRetentionDays,
  })
  const mover = createEventMover(workDb, {
    // a statement that waited longer would be given up
    maximumWaitMs: Math.min(1000, Math.floor(config.databaseQueryTimeoutMs / 2)),
  })
  const broker =
    config.brokerUrl &&
    createNatsSink({
      brokerUrl: config.brokerUrl,
      stream: config.brokerStream,
      retentionMs: config.eventsRetentionDays * 86_400_000,
      metrics: createBrokerMetrics(registry),
      log: logger,
    })
  const sinks = [webhooks.sink, ...(broker ? [broker] : [])]
  const lease = startLease(createLeaseRepository(workDb), {
    holder: crypto.randomUUID(),
    log: logger,
    work: (held, signal) =>
      Promise.all([
        runSequencer(held, signal, {
          mover,
          log: logger,
          onMoved({ count, head }) {
            metrics.countPositions(count)
            headWatch.reached(head)
          },
          onRefused: (refused) => lease.refused(refused),
        }),
        runSinks(sinks, { feed, signal, lease: held, log: logger }),
      ]),
  })
  const removeExpired = async (limit: number) => {
    const held = lease.current()
    return held ? removeOldEvents(workDb, held, { days: config.eventsRetentionDays, limit }) : 0
  }
  const stops = [
    startDeletingExpired(removeExpired, { everyMs: 60_000, what: 'events', log: logger }),
    startRepeating(async () => metrics.setBacklog(await measureBacklog(workDb)), {
      everyMs: 5000,
      failure: 'the backlog could not be measured',
      log: logger,
    }),
    webhooks.start(registry),
  ]
  await run(app, config, async () => {
    for (const stop of stops) stop()
    await lease.stop()
    await Promise.all([db.close(), workDb.close()])
  })
})
