import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { sqlFiles } from '@shop/service/database/sql-files'
import type { Service } from './services.ts'

/** `name` is the name of the file without .sql. */
export type Migration = { name: string; up: string; down: string }

/** Returns the migrations of a service, sorted by name. Throws for a file that lacks its up or its down part. */
export function readMigrations({ folder }: Service): Migration[] {
  return sqlFiles(join(folder, 'migrations')).map((file) => {
    const [head = '', down] = readFileSync(file, 'utf8').split(/^-- Down Migration$/m)
    if (down === undefined || !/^-- Up Migration$/m.test(head))
      throw new Error(`${file} must have a line "-- Up Migration" and, after it, a line "-- Down Migration"`)
    return { name: basename(file, '.sql'), up: head, down }
  })
}
