import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from 'pino'
import { integer, url } from '../config.ts'
import { ServiceUnavailableError } from '../errors.ts'

/** A statement. With a `name` it is prepared once a connection; the text must then be constant. */
export type Query = { name?: string; text: string; values?: readonly unknown[] }

/** A statement that is prepared once a connection. */
export type Statement = Query & { name: string; values: readonly (string | number | null)[] }

/** A row as PostgreSQL sends it: the text of each column in turn, null for NULL. */
export type TextRow = (string | null)[]

export type TextQueryable = {
  /** Returns the rows as texts, for hot paths: most columns go into the answer as they are. */
  queryTexts(statement: Statement): Promise<TextRow[]>
}

export type Queryable = TextQueryable & {
  /** Returns the rows. timestamptz comes as PostgreSQL's text in UTC, bigint and numeric as strings. */
  query<Row>(query: Query): Promise<Row[]>
}

export type Database = Queryable & {
  /**
   * Runs `work` in one transaction on one connection: committed when it resolves, rolled back when it throws.
   * After a deadlock or a serialization failure `work` runs again, so it must do nothing but query.
   * Queries that do not wait for one another share a round trip, BEGIN with the first and COMMIT with those that `work` did not
   * wait for: should one of these fail, all is rolled back, and the transaction throws what it threw.
   * What is not waited for needs a `catch` all the same: where it was made into another promise, nobody else looks at that.
   */
  transaction<Result>(work: (transaction: Queryable) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

export const databaseSettings = {
  databaseUrl: url('DATABASE_URL', {
    meaning: 'PostgreSQL 14 or later; the role should be the one made for this service',
    protocols: ['postgres:', 'postgresql:'],
    secret: true,
  }),
  databasePoolSize: integer('DATABASE_POOL_SIZE', {
    meaning: 'Connections that this process may hold',
    min: 1,
    max: 100,
    default: 8,
  }),
  databaseConnectTimeoutMs: integer('DATABASE_CONNECT_TIMEOUT_MS', {
    meaning: 'How long a request waits for a connection, in milliseconds',
    min: 100,
    max: 60_000,
    default: 2000,
  }),
  databaseQueryTimeoutMs: integer('DATABASE_QUERY_TIMEOUT_MS', {
    meaning: 'How long one statement may take, in milliseconds',
    min: 100,
    max: 60_000,
    default: 5000,
  }),
}

export type DatabaseConfig = {
  databaseUrl: string
  databasePoolSize: number
  databaseConnectTimeoutMs: number
  databaseQueryTimeoutMs: number
}

const textOfTimestamptz: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.TIMESTAMPTZ
      ? String
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
}

/** What every connection has alike. */
export function connectionSettings(config: DatabaseConfig, name: string) {
  // options in the URL would replace ours altogether, so they go in front of them
  const url = new URL(config.databaseUrl)
  const ownOptions = url.searchParams.getAll('options')
  url.searchParams.delete('options')
  return {
    connectionString: url.href,
    application_name: name,
    connectionTimeoutMillis: config.databaseConnectTimeoutMs,
    // The server ends a slow statement; the client's own timer is for a server that has gone silent, where
    // without it (and without connectionTimeoutMillis) a query would hang for ever.
    options: [
      ...ownOptions,
      '-c TimeZone=UTC',
      `-c statement_timeout=${config.databaseQueryTimeoutMs}`,
      '-c idle_in_transaction_session_timeout=10000',
      // LIMIT as a parameter looks costly to plan generically, so PostgreSQL would plan each execution anew
      '-c plan_cache_mode=force_generic_plan',
      // Planned before there are statistics, e.g. in the first minute of a new database, a list would sort all orders of
      // its user, and go on so. What has no index to walk is still planned; its price then, for which PostgreSQL before 18
      // puts an absurd figure, must not start the compiler.
      '-c enable_seqscan=off -c enable_bitmapscan=off -c enable_sort=off -c jit=off',
    ].join(' '),
    query_timeout: config.databaseQueryTimeoutMs + 500,
    keepAlive: true,
    types: textOfTimestamptz,
  }
}

/** A pool of connections to PostgreSQL; every wait in it is bounded. Throws ServiceUnavailableError while the database is away. */
export function createDatabase(config: DatabaseConfig, options: { name: string; logger: Logger }): Database {
  const { logger } = options
  const pool = new pg.Pool({
    ...connectionSettings(config, options.name),
    pipeline: true,
    max: config.databasePoolSize,
    idleTimeoutMillis: 60_000,
  })
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection failed'))
  // A checked-out client whose backend dies emits an error of its own, which would end the process if nobody listened;
  // the query under way rejects as well, so there is nothing more to do here.
  pool.on('connect', (client) =>
    client.on('error', (error) => logger.debug({ err: error }, 'a database connection failed')),
  )

  async function withConnection<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const client = await pool.connect().catch((error) => {
      throw translateError(error)
    })
    async function query<Row>(query: Query): Promise<Row[]> {
      // what is sent until the current work of the event loop is done leaves in one write: the system call costs as much as a query
      const { stream } = (client as unknown as ClientSocket).connection
      stream.cork()
      process.nextTick(() => stream.uncork())
      try {
        const { rows } = await client.query(query as pg.QueryConfig)
        return rows as Row[]
      } catch (error) {
        // A statement that PostgreSQL refused leaves its connection in order (pool.query would throw it away
        // all the same); after anything else, a time-out above all, nobody knows what it will say next.
        if (!isRefusal(error)) connection.state = 'broken'
        else if (connection.state === 'good') connection.state = 'refused'
        throw translateError(error)
      }
    }
    const connection: Connection = { state: 'good', ...queryableOf(query) }
    try {
      return await work(connection)
    } finally {
      client.release(connection.state === 'broken')
    }
  }

  async function inTransaction<Result>(
    connection: Connection,
    work: (transaction: Queryable) => Promise<Result>,
  ): Promise<Result> {
    const sent: Promise<unknown>[] = []
    function send<Row>(query: Query): Promise<Row[]> {
      const rows = connection.query<Row>(query)
      // who does not wait for it hears of its failure at the end
      rows.catch(() => undefined)
      sent.push(rows)
      return rows
    }
    void send({ text: 'BEGIN' })
    try {
      const result = await work(queryableOf(send))
      // PostgreSQL would answer COMMIT with a rollback, and no error
      if (connection.state !== 'good') throw new Error('A statement of this transaction failed')
      void send({ text: 'COMMIT' })
      await Promise.all(sent)
      return result
    } catch (error) {
      // a broken connection is closed, which rolls back as well; what went wrong first is what matters
      if (connection.state !== 'broken') await connection.query({ text: 'ROLLBACK' }).catch(() => undefined)
      throw error
    }
  }

  return {
    query: (query) => retryConflicts(() => withConnection((connection) => connection.query(query))),
    queryTexts: (statement) =>
      retryConflicts(() => withConnection((connection) => connection.queryTexts(statement))),
    transaction: (work) =>
      retryConflicts(() => withConnection((connection) => inTransaction(connection, work))),
    close: () => pool.end(),
  }
}

const asTexts = { rowMode: 'array', types: { getTypeParser: () => String } }

const queryableOf = (query: Queryable['query']): Queryable => ({
  query,
  queryTexts: (statement) => query({ ...statement, ...asTexts }),
})

/** One connection while it is ours. `refused`: PostgreSQL refused a statement; `broken`: it is not to be used again. */
type Connection = Queryable & { state: 'good' | 'refused' | 'broken' }

/** pg's own name for the socket of a client, which its types do not have. */
type ClientSocket = { connection: { stream: Socket } }

/** PostgreSQL's answer to a statement, as against the end of the connection (which comes as a DatabaseError, too). */
export function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !/^(?:08|57P0|25P0[34])/.test(error.code ?? '')
}

/** serialization_failure and deadlock_detected: PostgreSQL has undone everything, and the same again may well succeed. */
const conflictStates = ['40001', '40P01']

const maxAttempts = 4

async function retryConflicts<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      if (tried === maxAttempts || !isConflict(error)) throw error
      // at random, so that those who met do not meet again
      await setTimeout(Math.random() * 20 * 2 ** tried)
    }
  }
}

function isConflict(error: unknown): boolean {
  const cause = error instanceof ServiceUnavailableError ? error.cause : error
  return cause instanceof pg.DatabaseError && conflictStates.includes(cause.code ?? '')
}

/** SQLSTATEs that blame the database rather than the statement: connections, resources, shutdown, time-outs (of sessions, too), standby; conflicts that did not resolve. */
const unavailableStates = /^(?:08...|53...|57P0[1-5]|57014|55P03|25006|25P0[34]|40001|40P01)$/

/** pg has no codes for what its own timers and sockets say. */
const unavailableMessages =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error)/

/** What a caller gets to see of an error of pg's: ServiceUnavailableError when the database is to blame. */
export function translateError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const away =
    error instanceof pg.DatabaseError
      ? unavailableStates.test(code)
      : // a host with several addresses, none of which answers, is an AggregateError
        'syscall' in error || error instanceof AggregateError || unavailableMessages.test(error.message)
  if (!away) return error
  return new ServiceUnavailableError('database_unavailable', 'The database is not available.', {
    cause: error,
  })
}

/** The name of the violated constraint, when `error` is PostgreSQL's refusal for that reason. */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError && error.code?.startsWith('23') ? error.constraint : undefined
}
