import { readConfig } from '@shop/service/config'
import { createDatabase } from '@shop/service/database/database'
import { databaseReadiness } from '@shop/service/http/readiness'
import { run, runMain } from '@shop/service/http/run'
import { createLogger } from '@shop/service/logger'
import { buildApp } from './app.ts'
import { createClientAddress } from './client-address.ts'
import { createCredentialLimits } from './credential-limits.ts'
import { createSigningKeyRepository } from './db/signing-key-repository.ts'
import { createUserRepository } from './db/user-repository.ts'
import { createOwnTokenVerifier } from './own-token-verifier.ts'
import { createPasswordHasher } from './password-hasher.ts'
import { settings } from './settings.ts'
import { createTokenSigner } from './token-signer.ts'

await runMain(async () => {
  const config = readConfig(settings, process.env)
  const logger = createLogger({ name: 'user', level: config.logLevel })
  const database = createDatabase(config, { name: 'user', logger })
  const keys = createSigningKeyRepository(database)
  const tokens = createTokenSigner({
    loadKey: keys.currentKey,
    issuer: config.authIssuer,
    audience: config.authAudience,
  })
  const passwords = createPasswordHasher({
    concurrency: config.passwordHashConcurrency,
    queueLimit: config.passwordHashQueueLimit,
  })
  const limits = createCredentialLimits({
    attemptsPerAddress: config.credentialAttemptsPerAddress,
    failuresPerAccount: config.loginFailuresPerAccount,
  })
  const clientAddress = createClientAddress(config.trustedProxies)
  const checkDatabase = databaseReadiness(database, {
    table: 'user_migrations',
    folder: new URL('../migrations/', import.meta.url),
  })
  const checkReadiness = async () => {
    await checkDatabase()
    await tokens.prepare()
  }
  const users = createUserRepository(database, { logger })
  const verifyToken = createOwnTokenVerifier(keys, config, { logger })
  const app = buildApp(
    { users, keys, passwords, tokens, limits, clientAddress, verifyToken },
    { logger, checkReadiness, limits: config },
  )

  // creates the first key on a new database; while the database is unavailable, /readyz tries again
  await checkReadiness().catch((error) => logger.warn({ err: error }, 'not ready'))
  await run(app, config, () => database.close())
})
