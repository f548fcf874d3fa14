import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { percentile } from '../statistics.ts'
import type { EventsShop } from './shop.ts'

export type Delays = { title: string; events: number; p50: number; p99: number; max: number }

/** How often the feed is asked, in milliseconds: so much too long each delay may be. */
const pollMs = 1

/**
 * Places orders, one every `everyMs`, and measures how long after its time each event can be read in the feed, by the
 * clock of the database. The time of an event is before its commit, so from commit to position it is less.
 */
export async function measureDelays(
  { database, received, placeOrder, signal }: EventsShop,
  { everyMs, seconds }: { everyMs: number; seconds: number },
): Promise<Delays[]> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    const wanted = Math.round((seconds * 1000) / everyMs)
    const delays: number[] = []
    await received()
    let position = await headOf(client)

    async function place() {
      const placing: Promise<void>[] = []
      const start = performance.now()
      for (let number = 0; number < wanted; number++) {
        const pauseMs = start + number * everyMs - performance.now()
        if (pauseMs > 0) await setTimeout(pauseMs, undefined, { signal })
        placing.push(placeOrder(number))
      }
      await Promise.all(placing)
    }

    async function watch() {
      while (delays.length < wanted) {
        const { rows } = await client.query({
          name: 'new-positions',
          text: `SELECT position::float8, (extract(epoch FROM clock_timestamp() - at) * 1000)::float8 AS ms
            FROM feed WHERE position > $1 ORDER BY position`,
          values: [position],
        })
        for (const row of rows) {
          position = row.position
          delays.push(row.ms)
        }
        await setTimeout(pollMs, undefined, { signal })
      }
    }
    await Promise.all([place(), watch()])

    const arrived: number[] = []
    for (let tries = 0; arrived.length < wanted && tries < 50; tries++) {
      arrived.push(...(await received()).delays)
      if (arrived.length < wanted) await setTimeout(100, undefined, { signal })
    }
    const title = `an order every ${everyMs.toLocaleString('en')} ms`
    return [
      summarize(`${title}: position in the feed`, delays),
      summarize(`${title}: arrival at the receiver`, arrived),
    ]
  } finally {
    await client.end()
  }
}

async function headOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query('SELECT coalesce(max(position), 0)::float8 AS head FROM feed')
  return rows[0].head
}

const summarize = (title: string, delays: number[]): Delays => ({
  title,
  events: delays.length,
  p50: percentile(delays, 50),
  p99: percentile(delays, 99),
  max: Math.max(...delays),
})
