import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import type { BeforeDatabase } from './before.ts'

// Runs the database of another version of this repository, with that version's own migrations, roles and data set. Ends with
// its parent.

const [root, folder] = process.argv.slice(2) as [string, string]
const load = (file: string) => import(pathToFileURL(`${root}/bench/src/${file}`).href)

const { openBenchDatabase } = await load('bench-database.ts')
const { createRoles } = await load('subjects.ts')
const cleanup = new AsyncDisposableStack()
const disconnected = once(process, 'disconnect')
try {
  const { url, postmaster } = await openBenchDatabase(folder, {
    cleanup,
    log: (line: string) => void process.stderr.write(`${line}\n`),
  })
  const urlOf = await createRoles(url)
  const database: BeforeDatabase = {
    url,
    postmaster,
    urls: { order: urlOf('order'), product: urlOf('product') },
  }
  process.send?.(database)
  await disconnected
} finally {
  await cleanup.disposeAsync()
}
process.exit()
