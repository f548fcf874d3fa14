import { parentOf } from '@shop/commands/process-usage'
import { acquireEmbeddedDatabase } from '@shop/database/embedded'
import { migrateUp } from '@shop/database/migrations'
import { createDatabase, type Database } from '@shop/service/database/database'
import { createLogger } from '@shop/service/logger'
import pg from 'pg'
import { buildDataSet, removePlacedOrders, settle } from './build-data-set.ts'
import { checkCounts } from './check-data-set.ts'

export type BenchDatabase = {
  /** The owner's URL. */
  url: string
  db: Database
  /** The process id of the postmaster, the parent of all other PostgreSQL processes. */
  postmaster: number
}

/** Arbitrary but fixed: a running benchmark holds this advisory lock, so that there is only one. */
const LOCK = 7_415_101

type OpenOptions = { cleanup: AsyncDisposableStack; log: (line: string) => void }

/** Opens the PostgreSQL in `folder` with the data set. */
export async function openBenchDatabase(folder: string, options: OpenOptions): Promise<BenchDatabase> {
  const { migrations, ...database } = await openMigratedDatabase(folder, options)
  const { db } = database
  const built = await buildDataSet(db, options.log)
  const leftOver = built ? 0 : await removePlacedOrders(db)
  // this also reads the orders once, so that the first measurement does not wait for the disk
  await checkCounts(db)
  if (built || leftOver > 0 || migrations > 0) await settle(db)
  return database
}

/**
 * Opens the PostgreSQL in `folder`, as durable as in production, with all migrations, of which it has just applied
 * `migrations`. It is closed by `cleanup`.
 */
export async function openMigratedDatabase(
  folder: string,
  { cleanup, log }: OpenOptions,
): Promise<BenchDatabase & { migrations: number }> {
  const server = await acquireEmbeddedDatabase(folder, log)
  const lock = new pg.Client({ connectionString: server.url })
  const db = createDatabase(
    {
      databaseUrl: server.url,
      databasePoolSize: 2,
      databaseConnectTimeoutMs: 10_000,
      databaseQueryTimeoutMs: 600_000,
      databasePrepared: true,
    },
    { name: 'bench', logger: createLogger({ name: 'bench', level: 'silent' }) },
  )
  // the server first, because that ends all queries in progress
  cleanup.defer(async () => {
    await server.release()
    await Promise.allSettled([db.close(), lock.end()])
  })

  lock.on('error', () => {})
  await lock.connect()
  const { rows } = await lock.query('SELECT pg_backend_pid() AS pid, pg_try_advisory_lock($1) AS alone', [
    LOCK,
  ])
  if (!rows[0].alone) throw new Error(`another benchmark is running on the database in ${folder}`)

  const applied = await migrateUp({ databaseUrl: server.url })
  if (applied.length > 0) log(`migrations: ${applied.length} applied`)
  return { url: server.url, db, postmaster: parentOf(rows[0].pid) ?? -1, migrations: applied.length }
}
