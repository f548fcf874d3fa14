import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Database } from '../database/database.ts'
import { sqlFiles } from '../database/sql-files.ts'

/**
 * Returns a check that the database answers and holds every migration in `folder`, as recorded in `table`. It rejects
 * with the reason. Once it has seen the migrations, it checks only that the database answers.
 */
export function databaseReadiness(
  database: Database,
  options: { table: string; folder: URL },
): () => Promise<void> {
  const names = sqlFiles(fileURLToPath(options.folder)).map((file) => basename(file, '.sql'))
  let migrated = false

  return async () => {
    if (migrated) {
      await database.query({ text: 'SELECT 1' })
      return
    }
    const applied = await database.query<{ name: string }>({ text: `SELECT name FROM ${options.table}` })
    const missing = names.filter((each) => !applied.some(({ name }) => name === each)).length
    if (missing > 0) throw new Error(`${missing} of ${names.length} migrations are not applied`)
    migrated = true
  }
}
