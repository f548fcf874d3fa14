import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Returns the paths of the folder's SQL files, ordered by name. */
export function sqlFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => join(folder, file))
}
