import { parseArgs } from 'node:util'
import { readConfig } from '@shop/service/config'
import { runCommand, withCommandDatabase, withDatabaseUrl } from '@shop/service/database/command'
import { databaseSettings } from '@shop/service/database/connection'
import { createLeaseRepository } from './db/lease-repository.ts'

const help = `Usage: npm run relay:new-epoch

Invalidates the cursors of all consumers of the feed: each gets 409 and decides from where to go on. Run it after the
database was restored from a copy of its files or a snapshot of its disk. After a dump was restored it is not needed,
because the relay notices that by itself.

DATABASE_URL is the owner's URL of the database. Without it the command uses the embedded one in .data/.`

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { help: { type: 'boolean', short: 'h' } } })
  if (values.help) return console.log(help)
  await withDatabaseUrl(beginEpoch, {
    loadEmbedded: () => import('@shop/database/embedded'),
    meaning: 'the URL of the database, as its owner',
  })
}

async function beginEpoch(databaseUrl: string): Promise<void> {
  const config = readConfig(databaseSettings, { ...process.env, DATABASE_URL: databaseUrl })
  await withCommandDatabase(config, { name: 'new-epoch' }, async (database) => {
    const epoch = await createLeaseRepository(database).beginEpoch()
    console.log(
      epoch
        ? `the feed is in epoch ${epoch}`
        : 'the relay has not run in this database, so there are no cursors',
    )
  })
}

runCommand(main)
