import { relative } from 'node:path'
import { acquireEmbeddedPostgres, dataFolder } from './embedded-postgres.ts'

/** For commands: runs `work` with DATABASE_URL or, when that is unset, with the owner's URL of this checkout's embedded database. */
export async function withDatabaseUrl(work: (databaseUrl: string) => Promise<void>): Promise<void> {
  const { DATABASE_URL } = process.env
  if (DATABASE_URL) return work(DATABASE_URL)
  const dataDir = dataFolder()
  console.log(`DATABASE_URL is not set: using the embedded PostgreSQL in ${relative('', dataDir) || '.'}`)
  const embedded = await acquireEmbeddedPostgres({ dataDir, database: 'shop', log: console.log })
  try {
    await work(embedded.url)
  } finally {
    await embedded.release()
  }
}
