import { Socket } from 'node:net'
import pg from 'pg'
import type { Logger } from 'pino'
import {
  connectionSettings,
  type DatabaseConfig,
  isRefusal,
  type Query,
  type Queryable,
  translateError,
} from './database.ts'
import { ServiceUnavailableError } from './errors.ts'

export type Pipeline = Queryable & { close(): Promise<void> }

/**
 * One connection on which queries follow one another without waiting for the answers before, and those of one turn of
 * the event loop leave in one write: a system call a query is what limits a pool first. For short reads alone: there are no
 * transactions, and a slow query would hold up those behind it.
 *
 * A query that PostgreSQL refuses fails alone (each has its own Sync). When the connection is lost, the queries under way
 * fail with ServiceUnavailableError and the next one connects anew. Beyond `maxInFlight` queries they are refused.
 */
export function createPipeline(
  config: DatabaseConfig,
  { name, logger, maxInFlight = 1000 }: { name: string; logger: Logger; maxInFlight?: number },
): Pipeline {
  let connection: Promise<Connection> | undefined
  let inFlight = 0

  function connect(): Promise<Connection> {
    const socket = new Socket()
    const client = new pg.Client({
      ...connectionSettings(config, name),
      pipeline: true,
      stream: () => socket,
    })
    const opened = client.connect().then(() => ({ client, sendSoon: batchWrites(socket) }))
    client.on('error', (error) => logger.warn({ err: error }, 'the pipelined database connection failed'))
    for (const event of ['error', 'end'] as const) client.on(event, () => discard(opened))
    opened.catch(() => discard(opened))
    return opened
  }

  /** The next query connects anew. */
  function discard(used: Promise<Connection>) {
    if (connection === used) connection = undefined
    used.then(({ client }) => client.end()).catch(() => undefined)
  }

  return {
    async query<Row>(query: Query): Promise<Row[]> {
      if (inFlight >= maxInFlight)
        throw new ServiceUnavailableError('overloaded', 'Too many requests are under way.')
      inFlight++
      connection ??= connect()
      const used = connection
      try {
        const { client, sendSoon } = await used
        sendSoon()
        const { rows } = await client.query(query as pg.QueryConfig)
        return rows as Row[]
      } catch (error) {
        // not to be used again, even before its socket has told us that it is closed
        if (!isRefusal(error)) discard(used)
        throw translateError(error)
      } finally {
        inFlight--
      }
    },

    async close() {
      const opened = await connection?.catch(() => undefined)
      await opened?.client.end()
    },
  }
}

type Connection = { client: pg.Client; sendSoon: () => void }

/** Call before writing: holds the socket's writes back until the event loop has read all that there is to read now. */
function batchWrites(socket: Socket): () => void {
  let held = false
  return () => {
    if (held) return
    held = true
    socket.cork()
    setImmediate(() => {
      held = false
      socket.uncork()
    })
  }
}
