import { join } from 'node:path'
import { dataFolder } from '@shop/database/embedded'
import { request } from 'undici'
import { type BenchDatabase, openMigratedDatabase } from '../bench-database.ts'
import { settle } from '../build-data-set.ts'
import { users, uuid } from '../data-set.ts'
import { insertProducts, insertUsers } from '../insert-data-set.ts'
import { type Load, startLoad } from '../load.ts'
import type { Progress } from '../progress.ts'
import { createRoles, type Neighbourhood, type Subject, startNeighbourhood } from '../subjects.ts'

/** What the receiver has got: in all, and how long after their times those events came that it got since the last question. */
export type Received = { distinct: number; arrivals: number; delays: number[] }

export type EventsShop = {
  database: BenchDatabase
  neighbourhood: Neighbourhood
  service: Subject
  load: Load
  /** Adds a webhook for all events that go to the receiver. */
  addWebhook(relay: Subject): Promise<void>
  received(): Promise<Received>
  placeOrder(number: number): Promise<void>
  signal: AbortSignal
  progress: Progress
}

/** Starts the order service and a receiver of webhooks on a database with users and products, and no orders. */
export async function startEventsShop({
  cleanup,
  signal,
  progress,
}: {
  cleanup: AsyncDisposableStack
  signal: AbortSignal
  progress: Progress
}): Promise<EventsShop> {
  const folder = join(dataFolder(), 'bench-events')
  const database = await openMigratedDatabase(folder, { cleanup, log: progress.line })
  const { db } = database
  await db.query({
    text: 'TRUNCATE users, products, order_events_pending, feed, relay_state, webhooks CASCADE',
  })
  await db.query({ text: insertUsers })
  await db.query({ text: insertProducts })
  await settle(db)

  const neighbourhood = await startNeighbourhood({
    urlOf: await createRoles(database.url),
    logFolder: folder,
    signal,
    keep: (process) => cleanup.defer(process.stop),
  })
  const { tokens } = neighbourhood
  const { subject: service } = await neighbourhood.startService()
  const receiver = await neighbourhood.startReceiver()
  const load = startLoad(neighbourhood.tokensUrl)
  cleanup.defer(load.stop)

  async function post(url: string, { user, json }: { user: number; json: unknown }) {
    const { statusCode, body } = await request(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens[user - 1]}`, 'content-type': 'application/json' },
      body: JSON.stringify(json),
      signal: AbortSignal.timeout(10_000),
    })
    const text = await body.text()
    if (statusCode !== 201) throw new Error(`${url} answered ${statusCode}: ${text.slice(0, 500)}`)
  }

  return {
    database,
    neighbourhood,
    service,
    load,
    signal,
    progress,
    addWebhook: (relay) =>
      post(`${relay.origin}/admin/webhooks`, {
        user: users.operators.from,
        json: { url: `${receiver.origin}/hook` },
      }),
    received: async () => (await (await request(receiver.origin)).body.json()) as Received,
    placeOrder: (number) =>
      post(`${service.origin}/orders`, {
        user: users.shoppers.from + (number % 100),
        json: { productId: uuid(1 + (number % 1000)), quantity: 1 },
      }),
  }
}

/** Returns a metric of a service without labels; 0 if there is none. */
export async function metricOf({ origin }: Subject, name: string): Promise<number> {
  const text = await (await request(`${origin}/metrics`)).body.text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
}
