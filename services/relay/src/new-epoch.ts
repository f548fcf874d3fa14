import { parseArgs } from 'node:util'
import { readConfig } from '@shop/service/config'
import { databaseSettings } from '@shop/service/database/connection'
import { createDatabase } from '@shop/service/database/database'
import { createLogger } from '@shop/service/logger'
import { createLeaseRepository } from './db/lease-repository.ts'

const help = `Usage: npm run relay:new-epoch

Invalidates the cursors of all consumers of the feed: each gets 409 and decides from where to go on. Run it after the
database was restored from a copy of its files or a snapshot of its disk. After a dump was restored it is not needed,
because the relay notices that by itself.

DATABASE_URL is the owner's URL of the database. Without it the command uses the embedded one in .data/.`

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) return console.log(help)
  if (process.env.DATABASE_URL) return beginEpoch(process.env.DATABASE_URL)
  // only a checkout has it: the image of the service contains neither the package nor a database
  const { withEmbeddedDatabase } = await import('@shop/database/embedded').catch((cause) => {
    throw new Error('DATABASE_URL is required here: the URL of the database, as its owner.', { cause })
  })
  await withEmbeddedDatabase(beginEpoch)
}

async function beginEpoch(databaseUrl: string): Promise<void> {
  const config = readConfig(databaseSettings, { ...process.env, DATABASE_URL: databaseUrl })
  const url = new URL(config.databaseUrl)
  // whatever the owner or the database has set; the services' roles have this in database/roles.sql
  url.searchParams.append('options', '-c search_path=public')
  const logger = createLogger({ name: 'new-epoch', level: 'silent' })
  const database = createDatabase({ ...config, databaseUrl: url.href }, { name: 'new-epoch', logger })
  try {
    const epoch = await createLeaseRepository(database).beginEpoch()
    console.log(
      epoch
        ? `the feed is in epoch ${epoch}`
        : 'the relay has not run in this database, so there are no cursors',
    )
  } finally {
    await database.close()
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? error.message : error)
  // an AppError has a message for clients; the operator needs its cause too
  if (error.cause) console.error(error.cause.message)
  process.exitCode = 1
})
