import { parseArgs } from 'node:util'
import { keySetTimes } from '@shop/service/auth/key-set'
import { readConfig } from '@shop/service/config'
import { runCommand, withCommandDatabase, withDatabaseUrl } from '@shop/service/database/command'
import { databaseSettings } from '@shop/service/database/connection'
import { toTimestamp } from '@shop/service/database/timestamp'
import { createSigningKeyRepository, type Rotation } from './db/signing-key-repository.ts'

/** Longer than our verifiers take to fetch the new key. */
const standardDelayMinutes = '10'

const help = `Usage: npm run keys:rotate --workspace services/user -- [--delay-minutes <n>] [--now] [--withdraw <kid>]...

Publishes a new signing key that takes over after a delay, and removes keys that no unexpired token was signed with.

  --delay-minutes  default ${standardDelayMinutes}; every verifier must fetch the key set at least that often (ours do every ${keySetTimes.maxAgeMs / 60_000} minutes)
  --now            no delay
  --withdraw       removes a key that can no longer be trusted; implies --now. Tokens signed with it are refused as soon
                   as verifiers have fetched the key set again, and their users have to log in again

DATABASE_URL is the owner's URL of the database. Without it the command uses the embedded one in .data/.`

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      'delay-minutes': { type: 'string', default: standardDelayMinutes },
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
    const config = readConfig(databaseSettings, { ...process.env, DATABASE_URL: databaseUrl })
    await withCommandDatabase(config, { name: 'rotate-keys' }, async (database) =>
      report(await createSigningKeyRepository(database).rotate({ delayMinutes, withdraw })),
    )
  }
  await withDatabaseUrl(work, {
    loadEmbedded: () => import('@shop/database/embedded'),
    meaning: 'the URL of the database, as its owner',
  })
}

function report({ added, removed, published }: Rotation) {
  for (const { kid, signsFrom, publishedUntil } of published) {
    const verb = kid === added ? 'added  ' : 'kept   '
    const end = publishedUntil === null ? 'further notice' : toTimestamp(publishedUntil)
    console.log(`${verb} ${kid}: signs from ${toTimestamp(signsFrom)}, published until ${end}`)
  }
  for (const kid of removed) console.log(`removed ${kid}`)
}

runCommand(main)
