import { Socket } from 'node:net'
import pg from 'pg'
import { ServiceUnavailableError } from '../errors.ts'
import { untraced } from '../tracing.ts'
import { connectionSettings, type DatabaseConfig, verifySession } from './connection.ts'
import type { ConnectionOptions, Statement, TextQueryable, TextRow } from './database.ts'
import { connectionFailure, isRefusal, translateError } from './failures.ts'

export type Pipeline = TextQueryable & {
  /** Returns how many queries have no answer yet. */
  inFlight(): number
  close(): Promise<void>
}

/**
 * Returns one connection that sends queries without waiting for earlier answers, those of one turn of the
 * event loop in one write: the first limit of a pool is its system call per query. For short reads only:
 * there are no transactions, and a slow query delays those behind it.
 *
 * A query that PostgreSQL refuses fails alone (each has its own Sync). When the connection is lost, or a
 * query stays unanswered for too long, all queries in progress fail with ServiceUnavailableError and the next
 * one connects again. Queries beyond `maxInFlight` at the same time are refused with the same error.
 */
export function createPipeline(
  config: DatabaseConfig,
  { maxInFlight = 1000, ...options }: ConnectionOptions & { maxInFlight?: number },
): Pipeline {
  const { logger } = options
  let connection: Promise<Connection> | undefined
  let inFlight = 0

  function connect(): Promise<Connection> {
    const { query_timeout: timeoutMs, ...settings } = connectionSettings(config, options)
    const socket = new Socket()
    const client = new pg.Client({ ...settings, pipeline: true, stream: () => socket })
    const waiting = createWaitingTimes(maxInFlight)
    const watch = setInterval(() => {
      if (waiting.longestMs() > timeoutMs) socket.destroy(new Error('Query read timeout'))
    }, timeoutMs / 20).unref()
    const opened = open(client, config).then(() => ({
      client,
      sendSoon: batchWrites(socket),
      waiting,
      prepared: config.databasePrepared,
    }))
    client.on('error', (error) => logger.warn({ err: error }, 'the pipelined database connection failed'))
    for (const event of ['error', 'end'] as const) client.on(event, () => discard(opened))
    client.on('end', () => clearInterval(watch))
    opened.catch(() => {
      clearInterval(watch)
      // pg leaves the socket open when it gives up itself, e.g. without a password
      socket.destroy()
      discard(opened)
    })
    return opened
  }

  /** Makes the next query connect again. */
  function discard(used: Promise<Connection>) {
    if (connection === used) connection = undefined
    used.then(({ client }) => client.end()).catch(() => undefined)
  }

  return {
    async queryTexts(statement: Statement): Promise<TextRow[]> {
      if (inFlight >= maxInFlight)
        throw new ServiceUnavailableError('overloaded', 'Too many requests are in progress.')
      inFlight++
      // it outlives the request that is the first to need it
      connection ??= untraced(connect)
      const used = connection
      try {
        return await send(await used, statement)
      } catch (error) {
        // must not be used again, even if its socket has not reported yet that it is closed
        if (!isRefusal(error)) discard(used)
        throw error instanceof ServiceUnavailableError ? error : translateError(error)
      } finally {
        inFlight--
      }
    },

    inFlight: () => inFlight,

    async close() {
      const opened = await connection?.catch(() => undefined)
      await opened?.client.end()
    },
  }
}

type Connection = { client: pg.Client; sendSoon: () => void; waiting: WaitingTimes; prepared: boolean }

/** Connects and checks the session. Throws ServiceUnavailableError. */
async function open(client: pg.Client, config: DatabaseConfig): Promise<void> {
  try {
    await client.connect()
    await verifySession(client, config)
  } catch (error) {
    throw connectionFailure(error, client)
  }
}

function send({ client, sendSoon, waiting, prepared }: Connection, statement: Statement): Promise<TextRow[]> {
  return new Promise((resolve, reject) => {
    const query = new TextQuery(prepared ? statement : { ...statement, name: '' }, (error, rows) => {
      waiting.end()
      if (rows) resolve(rows)
      else reject(error)
    })
    waiting.start()
    sendSoon()
    client.query(query as unknown as pg.Submittable)
  })
}

/**
 * Returns a function to call before writing: it holds writes back until the event loop has read everything
 * that has arrived.
 */
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

type WaitingTimes = ReturnType<typeof createWaitingTimes>

/**
 * Keeps when the queries in progress were sent, at most `size` of them. They are answered in that order, so
 * the first one has waited longest. This replaces pg's timer and promise for each query: they link queries so
 * that V8's young-generation collections keep all of them, which cost a fifth of the CPU.
 */
function createWaitingTimes(size: number) {
  const startedAt = new Float64Array(size)
  let first = 0
  let count = 0
  return {
    start() {
      startedAt[(first + count) % size] = performance.now()
      count++
    },
    end() {
      first = (first + 1) % size
      count--
    },
    longestMs: () => (count === 0 ? 0 : performance.now() - (startedAt[first] as number)),
  }
}

/** The part of pg's connection that a query uses: the messages of the extended protocol. */
type Wire = {
  parse(message: { name: string; text: string }): void
  bind(message: { statement: string; values: TextRow }): void
  execute(message: object): void
  sync(): void
  submittedNamedStatements: Record<string, string>
}

const toText = (value: string | number | null) => (value === null ? null : String(value))

type Callback = (error: unknown, rows?: TextRow[]) => void

/**
 * The part of pg's own query that is used here; its declared type hides these members.
 * test/database/pg-internals.test.ts pins them.
 */
const PgQuery = pg.Query as unknown as new (
  text: string,
) => { name: string; callback: Callback; hasBeenParsed(wire: Wire): boolean }

/**
 * A statement whose rows stay texts; prepared once per connection, unless its name is empty. pg's own query
 * asks for the description of the columns each time and parses each row with it, which took half the time of
 * a page of twenty rows. A pipelined connection accepts only subclasses of pg's query.
 */
class TextQuery extends PgQuery {
  readonly statement: Statement
  readonly textRows: TextRow[] = []

  constructor(statement: Statement, callback: Callback) {
    super(statement.text)
    this.name = statement.name
    this.statement = statement
    this.callback = callback
  }

  submit(wire: Wire) {
    const { name, text, values } = this.statement
    if (!this.hasBeenParsed(wire)) {
      wire.parse({ name, text })
      if (name) wire.submittedNamedStatements[name] = text
    }
    wire.bind({ statement: name, values: values.map(toText) })
    wire.execute({})
    wire.sync()
  }

  handleDataRow({ fields }: { fields: TextRow }) {
    this.textRows.push(fields)
  }

  handleCommandComplete() {}

  handleReadyForQuery() {
    this.callback(undefined, this.textRows)
  }
}
