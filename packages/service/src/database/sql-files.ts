import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The folder's SQL files, in the order of their names. */
export function sqlFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => join(folder, file))
}
