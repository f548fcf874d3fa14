import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from 'pino'
import { connectionSettings, type DatabaseConfig, type SessionSettings, verifySession } from './connection.ts'
import { connectionFailure, isConflict, isRefusal, isSilence, translateError } from './failures.ts'

/** A statement. With a `name` it is prepared once per connection, so its text must be constant. */
export type Query = { name?: string; text: string; values?: readonly unknown[] }

/** A statement that is prepared once per connection. */
export type Statement = Query & { name: string; values: readonly (string | number | null)[] }

/** A row as PostgreSQL sends it: the text of each column in order, null for NULL. */
export type TextRow = (string | null)[]

export type TextQueryable = {
  /** Returns the rows as texts; for hot paths, where most columns go into the answer unchanged. */
  queryTexts(statement: Statement): Promise<TextRow[]>
}

export type Queryable = TextQueryable & {
  /** Returns the rows. timestamptz comes as PostgreSQL's text in UTC, bigint and numeric as strings. */
  query<Row>(query: Query): Promise<Row[]>
}

export type Transaction = Queryable & {
  /**
   * Sends `statement` after the work of the transaction, in one round trip with COMMIT; its rows are not
   * read. When it fails, everything is rolled back and the transaction throws its error.
   */
  sendWithCommit(statement: Query): void
}

export type Database = Queryable & {
  /**
   * Runs `work` in one transaction on one connection; commits when it resolves, rolls back when it throws.
   * After a deadlock or a serialization failure `work` runs again, so it must do nothing but query.
   * Queries that are sent together share a round trip; BEGIN shares that of the first.
   */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>
  /** Returns the state of the pool. */
  pool(): PoolState
  close(): Promise<void>
}

/** Connections of a pool, and requests that wait for one. */
export type PoolState = { max: number; open: number; idle: number; waiting: number }

export type ConnectionOptions = {
  /** The name of the connections on the server (application_name). */
  name: string
  logger: Logger
  /** Session settings for these connections, in addition to those of every connection. */
  session?: SessionSettings
}

/**
 * Returns a pool of connections to PostgreSQL; every wait in it is bounded. Queries throw
 * ServiceUnavailableError while the database is unavailable.
 */
export function createDatabase(config: DatabaseConfig, options: ConnectionOptions): Database {
  const { logger } = options
  const settings = connectionSettings(config, options)
  const pool = new pg.Pool({
    ...settings,
    pipeline: true,
    onConnect: (client) => verifySession(client, config),
    max: config.databasePoolSize,
    idleTimeoutMillis: 60_000,
  })
  /** When each connection last answered, in milliseconds of performance.now(). */
  const heardAt = new WeakMap<pg.PoolClient, number>()
  let silentSince = Number.NEGATIVE_INFINITY
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection failed'))
  // A client in use whose backend dies emits its own error; without a listener that would end the
  // process. The query in progress rejects as well, so there is nothing more to do here.
  pool.on('connect', (client) => {
    heardAt.set(client, performance.now())
    client.on('error', (error) => logger.debug({ err: error }, 'a database connection failed'))
  })

  /**
   * A connection that fell silent was perhaps forgotten on the way, by a firewall for example, and then so were all that
   * have not answered since: they are closed, because each would cost a time-out too.
   */
  async function takeClient(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await pool.connect()
      if ((heardAt.get(client) as number) >= silentSince) return client
      client.release(true)
    }
  }

  async function withConnection<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
    const client = await takeClient().catch((error) => {
      throw connectionFailure(error, new pg.Client(settings))
    })
    async function query<Row>(query: Query): Promise<Row[]> {
      // All queries of one turn of the event loop leave in one write, because a system call costs as much as
      // a query
      const { stream } = (client as unknown as ClientSocket).connection
      stream.cork()
      process.nextTick(() => stream.uncork())
      try {
        const { rows } = await client.query(
          (config.databasePrepared ? query : unnamed(query)) as pg.QueryConfig,
        )
        return rows as Row[]
      } catch (error) {
        // After PostgreSQL has refused a statement the connection can still be used (pool.query would discard
        // it). After anything else, above all a time-out, its next answer may belong to an earlier query.
        if (!isRefusal(error)) connection.state = 'broken'
        else if (connection.state === 'good') connection.state = 'refused'
        if (isSilence(error)) silentSince = performance.now() - settings.query_timeout
        throw translateError(error)
      }
    }
    const connection: Connection = { state: 'good', ...queryableOf(query) }
    try {
      return await work(connection)
    } finally {
      if (connection.state !== 'broken') heardAt.set(client, performance.now())
      client.release(connection.state === 'broken')
    }
  }

  async function inTransaction<Result>(
    connection: Connection,
    work: (transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
    const sent: Promise<unknown>[] = []
    function send<Row>(query: Query): Promise<Row[]> {
      const rows = connection.query<Row>(query)
      // a failure that nothing awaits is thrown at the end
      rows.catch(() => undefined)
      sent.push(rows)
      return rows
    }
    const last: Query[] = []
    const sendWithCommit = (statement: Query) => void last.push(statement)
    send({ text: 'BEGIN' })
    try {
      const result = await work({ ...queryableOf(send), sendWithCommit })
      // PostgreSQL would answer COMMIT with a rollback, without an error
      if (connection.state !== 'good') throw new Error('A statement of this transaction failed')
      for (const statement of [...last, { text: 'COMMIT' }]) send(statement)
      await Promise.all(sent)
      return result
    } catch (error) {
      // a broken connection is closed, which rolls back too; the first error is the one to throw
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
    pool: () => ({
      max: config.databasePoolSize,
      open: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    close: () => pool.end(),
  }
}

/** Returns the query without its name, so that it is not prepared. */
const unnamed = ({ name, ...query }: Query): Query => query

const asTexts = { rowMode: 'array', types: { getTypeParser: () => String } }

const queryableOf = (query: Queryable['query']): Queryable => ({
  query,
  queryTexts: (statement) => query({ ...statement, ...asTexts }),
})

/** A connection in use. `refused`: PostgreSQL refused a statement; `broken`: it must not be used again. */
type Connection = Queryable & { state: 'good' | 'refused' | 'broken' }

/** The socket of a pg client, which is missing from pg's types. */
type ClientSocket = { connection: { stream: Socket } }

const maxAttempts = 4

async function retryConflicts<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      if (tried === maxAttempts || !isConflict(error)) throw error
      // a random pause, so that the transactions do not collide again
      await setTimeout(Math.random() * 20 * 2 ** tried)
    }
  }
}
