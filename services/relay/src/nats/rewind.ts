import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { jetstream } from '@nats-io/jetstream'
import { readConfig } from '@shop/service/config'
import { runCommand, withCommandDatabase, withDatabaseUrl } from '@shop/service/database/command'
import { databaseSettings } from '@shop/service/database/connection'
import type { FeedState } from '@shop/service/paging/feed-cursor'
import { checkCursor, cursorPattern, parseCursor } from '../cursor.ts'
import { createFeedRepository } from '../db/feed-repository.ts'
import { feedPlans } from '../db/session.ts'
import { createFeedReader, type StoredEvent } from '../feed-reader.ts'
import { brokerSettings, eventSettings } from '../settings.ts'
import { brokerTimeoutMs, connectToBroker } from './connection.ts'
import { headersOf } from './place.ts'
import { subjectOf } from './stream.ts'

const help = `Usage: npm run relay:rewind -- --to <cursor>

Sends events to the broker again: all that come after the cursor in the feed. A cursor is the meta.next of an answer of
GET /admin/events, or the header Relay-Cursor of a message. The relay may be running.

BROKER_URL, BROKER_STREAM, EVENT_SOURCE and EVENT_TYPE_PREFIX are those of the relay. DATABASE_URL is the URL of the
database, as any role that may read the feed. Without it the command uses the embedded one in .data/.`

/** Between attempts while the broker still drops the event as a repeat, in milliseconds. */
const retryMs = 5000

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { to: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  const cursor = values.to
  if (values.help || !cursor) return console.log(help)
  await withDatabaseUrl((databaseUrl) => rewind(databaseUrl, cursor), {
    loadEmbedded: () => import('@shop/database/embedded'),
    meaning: 'the URL of the database',
  })
}

/**
 * Publishes the event after the cursor, without an expected sequence. The relay then finds another last message than it
 * expects and goes on after that one, as after a takeover.
 */
async function rewind(databaseUrl: string, text: string): Promise<void> {
  const config = readConfig(
    { ...databaseSettings, ...eventSettings, ...brokerSettings },
    { ...process.env, DATABASE_URL: databaseUrl },
  )
  const { brokerUrl, brokerStream } = config
  if (!new RegExp(cursorPattern).test(text)) throw new Error('--to must be a cursor, such as 4f8a1c2e.1042.')
  if (!brokerUrl) throw new Error('BROKER_URL is required: the URL of the broker, as the relay has it.')
  await withCommandDatabase(config, { name: 'rewind', session: feedPlans }, async (database) => {
    const feed = createFeedReader(createFeedRepository(database), {
      names: config,
      waitBeyond: () => Promise.resolve(),
    })
    const cursor = parseCursor(text)
    checkCursor(cursor, await feed.readState())
    const { events, state } = await feed.read(cursor.position, 1)
    const [event] = events
    if (!event) return console.log('There is no event after this cursor, so nothing is sent again.')
    await publishAgain(event, state, { brokerUrl, brokerStream })
    console.log(`Sent event ${event.position} again. The relay goes on with those after it.`)
  })
}

async function publishAgain(
  event: StoredEvent,
  state: FeedState,
  { brokerUrl, brokerStream }: { brokerUrl: string; brokerStream: string },
): Promise<void> {
  const connection = await connectToBroker(brokerUrl, new AbortController().signal)
  try {
    const client = jetstream(connection)
    for (let attempt = 1; ; attempt++) {
      const { duplicate } = await client.publish(subjectOf(event.type), event.json, {
        msgID: event.id,
        headers: headersOf(event, state),
        expect: { streamName: brokerStream },
        timeout: brokerTimeoutMs,
      })
      if (!duplicate) return
      if (attempt === 1)
        console.log('The broker got this event a short time ago and would drop it (for 2 minutes); waiting …')
      await setTimeout(retryMs)
    }
  } finally {
    await connection.close()
  }
}

runCommand(main)
