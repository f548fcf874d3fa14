import { join, relative, resolve } from 'node:path'
import { acquireEmbeddedPostgres, type EmbeddedPostgres } from '@shop/embedded-postgres/embedded-postgres'

/** The owner of every database that this project creates: embedded, in tests and in Compose. */
export const OWNER = 'shop'

const DATABASE = 'shop'

/** Returns where the database of this checkout is kept: STACK_DATA_DIR, else .data in its root. */
export function dataFolder(): string {
  return resolve(process.env.STACK_DATA_DIR || join(import.meta.dirname, '../../.data'))
}

/** Starts or joins the embedded PostgreSQL in `dataDir`. Returns the owner's URL of its database, and a way to release it. */
export async function acquireEmbeddedDatabase(
  dataDir: string,
  log: (line: string) => void,
): Promise<EmbeddedPostgres> {
  const embedded = await acquireEmbeddedPostgres({ dataDir, owner: OWNER, database: DATABASE, log })
  // the server has no TLS, whatever PGSSLMODE asks for
  return { ...embedded, url: `${embedded.url}?sslmode=disable` }
}

/** Runs `work` with the owner's URL of this checkout's embedded database, and reports that on the terminal. */
export async function withEmbeddedDatabase(work: (databaseUrl: string) => Promise<void>): Promise<void> {
  const dataDir = dataFolder()
  console.log(`DATABASE_URL is not set: using the embedded PostgreSQL in ${relative('', dataDir) || '.'}`)
  const embedded = await acquireEmbeddedDatabase(dataDir, console.log)
  try {
    await work(embedded.url)
  } finally {
    await embedded.release()
  }
}
