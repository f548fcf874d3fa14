import pg from 'pg'
import { refuseForeignDatabase } from './foreign-database.ts'

export type Connection = {
  /** The owner's URL. */
  databaseUrl: string
  /** Receives PostgreSQL's notices and other messages for an operator. */
  log?: (line: string) => void
}

/** Arbitrary, but the same in every version and used for no other advisory lock. */
const LOCK_ID = 7_301_995_412

/**
 * Runs `work` while no other process migrates or seeds this database; others wait, so any number of replicas
 * may start at the same time. The lock belongs to the connection, so a killed process leaves none behind.
 * Throws before anything is changed when the database belongs to another application.
 */
export async function withMigrationLock<Result>(
  { databaseUrl, log }: Connection,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'migrations',
    connectionTimeoutMillis: 10_000,
  })
  let lost: Error | undefined
  client.on('error', (error) => {
    lost = error
  })
  client.on('notice', (notice) => notice.message && log?.(notice.message))
  await client.connect()
  try {
    // overrides what the role, the database or the server sets
    await client.query("SET search_path = public; SET TimeZone = 'UTC'")
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_ID])
    await refuseForeignDatabase(client)
    return await work(client)
  } catch (error) {
    throw lost ?? error
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
export async function inTransaction<Result>(client: pg.Client, work: () => Promise<Result>): Promise<Result> {
  await client.query('BEGIN')
  try {
    const result = await work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}
