import { createLogger } from '../logger.ts'
import type { DatabaseConfig, SessionSettings } from './connection.ts'
import { createDatabase, type Database } from './database.ts'

type Embedded = { withEmbeddedDatabase(work: (databaseUrl: string) => Promise<void>): Promise<void> }

/**
 * Runs the work of a command with DATABASE_URL, or without it with the URL of the embedded database that `loadEmbedded`
 * imports. Only a checkout has that: the image of a service contains neither the package nor a database, and there it throws
 * an Error that says what DATABASE_URL has to be.
 */
export async function withDatabaseUrl(
  work: (databaseUrl: string) => Promise<void>,
  { loadEmbedded, meaning }: { loadEmbedded: () => Promise<Embedded>; meaning: string },
): Promise<void> {
  if (process.env.DATABASE_URL) return work(process.env.DATABASE_URL)
  const { withEmbeddedDatabase } = await loadEmbedded().catch((cause) => {
    throw new Error(`DATABASE_URL is required here: ${meaning}.`, { cause })
  })
  await withEmbeddedDatabase(work)
}

/** Runs the work of a command on the database, and closes it. */
export async function withCommandDatabase(
  config: DatabaseConfig,
  { name, session }: { name: string; session?: SessionSettings },
  work: (database: Database) => Promise<void>,
): Promise<void> {
  const url = new URL(config.databaseUrl)
  // whatever the owner or the database has set; the roles of services have this by themselves
  url.searchParams.append('options', '-c search_path=public')
  const database = createDatabase(
    { ...config, databaseUrl: url.href },
    { name, logger: createLogger({ name, level: 'silent' }), ...(session && { session }) },
  )
  try {
    await work(database)
  } finally {
    await database.close()
  }
}

/** Runs a command with the arguments of this process; a failure is a message on the terminal and exit code 1. */
export function runCommand(main: (args: string[]) => Promise<void>): void {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error instanceof Error ? error.message : error)
    // an AppError has a message for clients; the operator needs its cause too
    if (error.cause) console.error(error.cause.message)
    process.exitCode = 1
  })
}
