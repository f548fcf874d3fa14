import { parseArgs } from 'node:util'
import { readConfig } from '@shop/service/config'
import { createDatabase, databaseSettings } from '@shop/service/database/database'
import { toTimestamp } from '@shop/service/database/timestamp'
import { createLogger } from '@shop/service/logger'
import { createSigningKeyRepository, type Rotation } from './db/signing-key-repository.ts'

const help = `Usage: npm run keys:rotate --workspace services/user -- [--delay-minutes <n>] [--now] [--withdraw <kid>]...

Publishes a new signing key that takes over after a delay, and removes the keys that no unexpired token is signed with.

  --delay-minutes  10 unless given; every verifier must fetch the key set at least that often (ours do every 5 minutes)
  --now            no delay
  --withdraw       removes a key that is not to be trusted any more; implies --now. Tokens signed with it are refused as
                   soon as verifiers have fetched the key set again, and their users have to log in once more

DATABASE_URL says which database, as its owner. Without it the command uses the embedded one in .data/.`

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      'delay-minutes': { type: 'string', default: '10' },
      now: { type: 'boolean' },
      withdraw: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return console.log(help)
  if (!/^\d{1,4}$/.test(values['delay-minutes']))
    throw new Error('--delay-minutes must be a whole number of at most four digits')
  const { withdraw } = values
  const delayMinutes = values.now || withdraw.length > 0 ? 0 : Number(values['delay-minutes'])

  const work = async (databaseUrl: string) => {
    const url = new URL(databaseUrl)
    // whatever the owner or the database has set; the services' roles have this in database/roles.sql
    url.searchParams.append('options', '-c search_path=public')
    const config = readConfig(databaseSettings, { ...process.env, DATABASE_URL: url.href })
    const logger = createLogger({ name: 'rotate-keys', level: 'silent' })
    const database = createDatabase(config, { name: 'rotate-keys', logger })
    try {
      report(await createSigningKeyRepository(database).rotate({ delayMinutes, withdraw }))
    } finally {
      await database.close()
    }
  }
  if (process.env.DATABASE_URL) return work(process.env.DATABASE_URL)
  // only a checkout has it: the image of the service carries neither the package nor a database
  const { withEmbeddedDatabase } = await import('@shop/database/embedded').catch((cause) => {
    throw new Error('DATABASE_URL is required here: the database, as its owner.', { cause })
  })
  await withEmbeddedDatabase(work)
}

function report({ added, removed, published }: Rotation) {
  for (const { kid, signsFrom, publishedUntil } of published) {
    const verb = kid === added ? 'added  ' : 'kept   '
    const end = publishedUntil === null ? 'further notice' : toTimestamp(publishedUntil)
    console.log(`${verb} ${kid}: signs from ${toTimestamp(signsFrom)}, published until ${end}`)
  }
  for (const kid of removed) console.log(`removed ${kid}`)
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? error.message : error)
  // what an AppError shows to clients is not all that an operator needs to know
  if (error.cause) console.error(error.cause.message)
  process.exitCode = 1
})
